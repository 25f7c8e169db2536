// A panel that creates an author, source or keyword. Similar entries are offered first.

import { createElement, postForm } from "./dom.js";

const fields = () => document.getElementById("naming-form") ?? newForm();
let panel = null;

/**
 * Create a form for the panel's fields, so that they are not posted with the brief and Enter does not submit
 * it.
 */
function newForm() {
  const form = createElement("form", { id: "naming-form", noValidate: true, hidden: true });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    panel?.create();
  });
  document.body.append(form);
  return form;
}

/**
 * Open the panel inside `host`. Calls `onnamed(row)` with the created or chosen entry, or `onclose` if
 * cancelled.
 */
export async function openNewEntryPanel(options) {
  panel?.close();
  panel = new Panel(options);
  panel.opened = panel.open();
  await panel.opened;
}

class Panel {
  constructor({ kind, host, typed, addresses, token, words, onnamed, onclose }) {
    Object.assign(this, { kind, host, typed, addresses, token, words, onnamed, onclose });
    this.known = new Set();
    this.form = fields();
    this.box = document.getElementById(`naming-${kind}`).content.firstElementChild.cloneNode(true);
    this.box.querySelector(".cancel").addEventListener("click", () => this.close(true));
    this.box.addEventListener("input", (event) => event.stopPropagation());
    this.box.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape" && !event.isComposing) this.close(true);
    });
  }

  async open() {
    this.host.append(this.box);
    this.box.tabIndex = -1;
    this.box.focus(); // before the answer arrives, so that Escape can close the panel
    const query = new URLSearchParams({ kind: this.kind, q: this.typed, new: "1" });
    const answer = await fetch(`${this.addresses.names}?${query}`).catch(() => null);
    const { rows = [], begin = {} } = answer?.ok ? await answer.json() : {};
    if (panel !== this) return;
    for (const [name, value] of Object.entries(begin)) this.form.elements[name].value ||= value; // keep typed text
    this.offer(rows);
    if (document.activeElement !== this.box) return;
    const inputs = [...this.box.querySelectorAll("input:not([type=radio])")];
    (this.box.querySelector(".naming-like button") ?? inputs.find((input) => !input.value) ?? inputs[0]).focus();
  }

  /** List similar entries. The person may still create a new one after seeing them. */
  offer(rows) {
    const like = this.box.querySelector(".naming-like");
    for (const row of rows) {
      if (this.known.has(row.id)) continue;
      this.known.add(row.id);
      const detail = createElement("small", {}, row.detail);
      const button = createElement("button", { type: "button", className: "btn" }, row.name, detail);
      button.addEventListener("click", () => this.done(row));
      like.querySelector("ul").append(createElement("li", {}, button));
    }
    like.hidden = !this.known.size;
    if (this.known.size) this.box.querySelector(".create").textContent = this.words.anyway;
  }

  async create() {
    const seen = this.known.size;
    await this.opened; // the initial values and similar entries must be shown first
    if (panel !== this) return;
    if (this.known.size > seen) return this.box.querySelector(".naming-like li:last-child button").focus();
    const data = new FormData(this.form);
    data.set("kind", this.kind);
    data.set("csrfmiddlewaretoken", this.token());
    for (const id of this.known) data.append("known", id);
    const answer = await postForm(this.addresses.create, data);
    if (answer && !answer.reasons) return this.done(answer);
    const { reasons, like } = answer ?? { reasons: [{ text: this.words.failed }], like: [] };
    this.offer(like);
    this.tell(reasons);
    if (like.length) this.box.querySelector(".naming-like li:last-child button").focus();
  }

  tell(reasons) {
    const list = this.box.querySelector(".naming-reasons");
    list.replaceChildren(...reasons.map(({ text }) => createElement("li", {}, text)));
    for (const field of this.form.elements) field.removeAttribute("aria-invalid");
    const wrong = reasons.map(({ about }) => about && this.form.elements[about]).find(Boolean);
    const first = wrong instanceof RadioNodeList ? wrong[0] : wrong;
    first?.type === "radio" || first?.setAttribute("aria-invalid", "true");
    first?.focus();
  }

  done(row) {
    this.close();
    this.onnamed(row);
  }

  close(isCancelled = false) {
    this.box.remove();
    if (panel === this) panel = null;
    if (isCancelled) this.onclose();
  }
}
