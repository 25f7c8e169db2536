// Import files in batches, with a progress bar. Without this module each form is one request. The
// server enforces the limits; the checks here only save a request.

import { acceptDrops, createElement } from "./dom.js";
import { fill } from "./strings.js";

const MB = 1_000_000;
const FILES_A_BATCH = 10;

const size = (bytes) => (bytes < MB ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / MB).toFixed(1)} MB`);

async function post(address, data) {
  const answer = await fetch(address, { method: "POST", body: data, headers: { Accept: "application/json" } });
  const is_json = answer.headers.get("Content-Type")?.startsWith("application/json");
  if (!is_json) throw new Error(`${answer.status}`); // signed out, refused, or broken
  return { ok: answer.ok, ...(await answer.json()) };
}

class Progress {
  constructor(form) {
    this.form = form;
    this.box = form.querySelector(".progress");
    this.reasons = form.querySelector("#upload-reasons");
  }

  begin(all) {
    this.reasons.hidden = true;
    this.box.hidden = false;
    this.all = all;
    this.form.querySelectorAll("button").forEach((button) => (button.disabled = true));
    this.show(0);
  }

  show(done) {
    this.box.querySelector("progress").value = done / this.all;
    this.box.querySelector("[role=status]").textContent = fill(this.form.dataset.sending, { done, all: this.all });
  }

  fail(sentences) {
    this.box.hidden = true;
    this.form.querySelectorAll("button").forEach((button) => (button.disabled = false));
    this.reasons.replaceChildren(createElement("ul", {}, ...sentences.map((text) => createElement("li", {}, text))));
    this.reasons.hidden = !sentences.length;
  }
}

// Uploading

const upload = document.getElementById("upload-form");
if (upload) uploading(upload);

function uploading(form) {
  const drop = form.querySelector(".drop");
  const input = form.elements.files;
  const progress = new Progress(form);
  let files = [];

  form.querySelector(".when-js").hidden = false;
  input.addEventListener("change", () => take([...input.files]));
  acceptDrops(drop, take);
  form.addEventListener("submit", (event) => {
    if (!files.length) return; // pasted text alone is posted without this module
    event.preventDefault();
    send().catch(() => progress.fail([form.dataset.failed]));
  });

  function take(more) {
    const known = new Set(files.map((file) => `${file.name} ${file.size} ${file.lastModified}`));
    files.push(...more.filter((file) => !known.has(`${file.name} ${file.size} ${file.lastModified}`)));
    show();
  }

  function show() {
    const list = form.querySelector(".chosen");
    list.hidden = !files.length;
    list.replaceChildren(...files.map(row));
    keep();
    const total = files.reduce((sum, file) => sum + file.size, 0);
    const over = [];
    if (files.length > form.dataset.files) over.push(form.dataset.tooMany);
    if (total > form.dataset.total * MB) over.push(form.dataset.tooMuch);
    if (over.length) progress.fail(over);
    else progress.reasons.hidden = true;
  }

  function keep() {
    const chosen = new DataTransfer();
    files.forEach((file) => chosen.items.add(file));
    input.files = chosen.files;
  }

  function row(file) {
    const { remove, tooLarge } = form.dataset;
    const button = createElement("button", { type: "button", className: "btn", aria: { label: `${remove} ${file.name}` } }, remove);
    button.addEventListener("click", () => {
      files = files.filter((other) => other !== file);
      show();
      input.focus();
    });
    const item = createElement("li", {}, createElement("span", {}, file.name), createElement("small", {}, size(file.size)));
    if (file.size > form.dataset.file * MB) item.append(createElement("b", {}, tooLarge));
    item.append(button);
    return item;
  }

  /** Send the files in batches. Each answer has the rows of the list; what was sent before is recognized again. */
  async function send() {
    const list = form.querySelector("#imported");
    const pages = [];
    list.closest("section").hidden = false;
    list.replaceChildren();
    progress.begin(files.length);
    for (let done = 0; done < files.length; done += FILES_A_BATCH) {
      const data = new FormData(form);
      data.delete("files");
      if (done) data.delete("paste");
      files.slice(done, done + FILES_A_BATCH).forEach((file) => data.append("files", file));
      const answer = await post(form.action, data);
      if (!answer.ok) return progress.fail(answer.reasons);
      if (answer.page) return location.assign(answer.page); // of a citation
      list.insertAdjacentHTML("beforeend", answer.rows);
      pages.push(...answer.pages);
      progress.show(Math.min(done + FILES_A_BATCH, files.length));
    }
    if (pages.length === 1 && pages[0]) return location.assign(pages[0]);
    files = [];
    form.elements.paste.value = "";
    show();
    progress.fail([]);
  }
}

// Dropping a citation file on the text field

const citation = document.getElementById("citation");
if (citation) {
  citation.after(createElement("small", {}, citation.dataset.drop));
  acceptDrops(citation, async ([file]) => {
    if (!file) return;
    citation.value = read(await file.arrayBuffer());
    citation.dispatchEvent(new Event("input", { bubbles: true }));
    citation.focus();
  });
}

function read(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
