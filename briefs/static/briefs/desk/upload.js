// Upload and import files in batches, with a progress bar. Without this module each form is one request. The
// server enforces the limits; the checks here only save a request.

import { acceptDrops, createElement } from "./dom.js";
import { fill } from "./strings.js";

const MB = 1_000_000;
const FILES_A_BATCH = 10;
const DIGESTS_A_BATCH = 20;

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
    this.reasons.hidden = false;
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

  async function send() {
    const batches = [];
    for (let i = 0; i < files.length; i += FILES_A_BATCH) batches.push(files.slice(i, i + FILES_A_BATCH));
    progress.begin(files.length);
    const data = new FormData(form);
    data.delete("files");
    batches[0].forEach((file) => data.append("files", file));
    const begun = await post(form.action, data);
    if (!begun.ok) return progress.fail(begun.reasons);
    progress.show(batches[0].length);
    let done = batches[0].length;
    for (const batch of batches.slice(1)) {
      const more = new FormData();
      more.set("csrfmiddlewaretoken", data.get("csrfmiddlewaretoken"));
      batch.forEach((file) => more.append("files", file));
      const answer = await post(begun.files, more);
      if (!answer.ok) throw new Error("refused");
      progress.show((done += batch.length));
    }
    location.assign(begun.page);
  }
}

// Importing

const confirming = document.getElementById("confirm-form");
confirming?.addEventListener("submit", (event) => {
  const keys = [...confirming.querySelectorAll("[name=take]:checked")].map((box) => box.value);
  if (keys.length <= DIGESTS_A_BATCH) return;
  event.preventDefault();
  const progress = new Progress(confirming);
  importing(confirming, keys, progress).catch(() => progress.fail([confirming.dataset.failed]));
});

async function importing(form, keys, progress) {
  const all = new FormData(form);
  let refused = 0;
  progress.begin(keys.length);
  for (let i = 0; i < keys.length; i += DIGESTS_A_BATCH) {
    const data = new FormData();
    data.set("csrfmiddlewaretoken", all.get("csrfmiddlewaretoken"));
    data.set("more", "1");
    for (const key of keys.slice(i, i + DIGESTS_A_BATCH)) {
      data.append("take", key);
      data.set(`seen-${key}`, all.get(`seen-${key}`));
    }
    refused += (await post(form.action, data)).refused;
    progress.show(Math.min(keys.length, i + DIGESTS_A_BATCH));
  }
  if (refused) return location.reload();
  form.querySelectorAll("[name=take]").forEach((box) => (box.checked = false));
  form.submit(); // everything is imported; this request ends the upload
}

// Saving a sheet, in steps of a second or two

const steps = document.getElementById("steps-form");
steps?.addEventListener("submit", (event) => {
  event.preventDefault();
  const progress = new Progress(steps);
  saving(steps, progress).catch(() => progress.fail([steps.dataset.failed]));
});

async function saving(form, progress) {
  const all = Number(form.dataset.left);
  progress.begin(all);
  for (let left = all; left; progress.show(all - left)) ({ left } = await post(form.action, new FormData(form)));
  location.reload();
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
