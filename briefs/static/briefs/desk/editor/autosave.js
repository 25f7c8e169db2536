// Store changes in the browser at once, and on the server when typing pauses. The status becomes "saved" only
// after the server's answer.

import { BACKGROUND } from "../dom.js";
import { fingerprint, isTypedField, readTypedFields, withoutBlankRows } from "../form.js";

const PAUSE = 1500;
const RETRY = 5000;
const PATIENCE = 20_000;

export class Autosave {
  /**
   * `addresses`: {autosave, pulse}. `localDraft`: the LocalDraft. `isStopped`: the page shows a conflict that
   * must be resolved first. Callbacks: `onstate(state)`, `onanswer(body, sent)`, `onclash(body)`,
   * `onrefused(reasons)`, `isAhead(body, sent)`: whether an input method composes, or the answer changes a cell that was changed here meanwhile, and `isOwn(body)`: whether the answer is to the person who opened the page.
   */
  constructor({ form, addresses, localDraft, isUnsaved, isStopped, ...turns }) {
    Object.assign(this, { form, addresses, localDraft, isStopped }, turns);
    this.stored = isUnsaved ? "" : this.#print();
    this.untaken = false;
    this.running = null;
    this.isLeaving = false;
    addEventListener("online", () => this.isDirty && this.now());
    addEventListener("beforeunload", (event) => {
      if (!this.isLeaving && (this.isDirty || this.untaken)) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => document.hidden && this.isDirty && this.now());
  }

  #print() {
    return this.#printOf(readTypedFields(this.form));
  }

  #printOf(entries) {
    return fingerprint(withoutBlankRows(entries));
  }

  get isDirty() {
    return this.#print() !== this.stored;
  }

  /** Store the form in the browser and schedule a save. Call after every change. */
  touched() {
    this.isLeaving = false;
    const entries = readTypedFields(this.form);
    if (this.#printOf(entries) === this.stored) {
      clearTimeout(this.timer);
      if (!this.untaken) this.localDraft.forget();
      if (!this.running) this.onstate(this.untaken ? "untaken" : "saved");
      return;
    }
    this.#keep(entries);
    if (this.isStopped) return;
    this.onstate("unsaved");
    this.#later(PAUSE);
  }

  #keep(entries) {
    const names = ["version", "base", "client_key", "page"];
    const values = names.map((name) => [name, this.form.elements[name]?.value ?? ""]);
    this.localDraft.keep({ entries, ...Object.fromEntries(values) });
  }

  #later(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), wait);
  }

  /** Save unsaved changes now. `ask`: post even without changes. */
  now({ ask = false } = {}) {
    clearTimeout(this.timer);
    if (this.running) return this.running.then(() => this.now({ ask }));
    if (this.isStopped || !(ask || this.isDirty)) return Promise.resolve();
    this.running = this.#send(ask).finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /** Save until the server has everything that is typed. Return false if that fails. */
  async flush() {
    for (let tries = 0; tries < 3 && this.isDirty && !this.isStopped; tries++) {
      await this.now();
    }
    return !this.isDirty;
  }

  async #send(ask) {
    const sent = readTypedFields(this.form);
    if (this.isDirty) this.onstate("saving");
    try {
      const answer = await this.#post(this.#body(sent, ask));
      if (answer.type === "opaqueredirect" || answer.status === 403) return this.#waits("signin");
      if (answer.status === 409) return this.#refused(await answer.json());
      if (!answer.ok) return this.#waits("kept");
      return this.#stored(await answer.json(), sent);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof DOMException || error instanceof SyntaxError)) throw error;
      return this.#waits("kept"); // no network, a timeout, or a proxy's error page instead of JSON
    }
  }

  /** Post the form. If the CSRF token has expired, fetch a new one and try once more. */
  async #post(body) {
    const send = () =>
      fetch(this.addresses.autosave, {
        method: "POST",
        redirect: "manual",
        body,
        headers: this.isDirty ? {} : BACKGROUND,
        signal: AbortSignal.timeout(PATIENCE),
      });
    const answer = await send();
    if (answer.status !== 403 || !this.addresses.pulse) return answer;
    const pulse = await fetch(this.addresses.pulse, { redirect: "manual", headers: BACKGROUND });
    const answered = pulse.ok ? await pulse.json() : null;
    if (!answered || !this.isOwn(answered)) return answer;
    this.token(answered.csrf);
    body.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    return send();
  }

  token(value) {
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = value;
  }

  /** While a row is typed, the server need not look for findings. */
  #body(sent, ask) {
    const body = new FormData();
    for (const [name, value] of new FormData(this.form)) {
      if (typeof value === "string" && !isTypedField(name) && !name.startsWith("note_")) body.append(name, value);
    }
    for (const [name, value] of sent) body.append(name, value);
    if (!ask && this.form.querySelector(".pair.is-typing")) body.set("quiet", "1");
    return body;
  }

  #stored(body, sent) {
    if (body.content && this.isAhead(body, sent)) {
      this.onstate("unsaved"); // as if the answer were lost: the next save has the rest, and the server merges
      return this.#later(PAUSE / 3);
    }
    const { version, base } = this.form.elements;
    version.value = body.version;
    base.value = body.base;
    const print = this.#printOf(sent);
    const isCurrent = print === this.#print();
    this.stored = print;
    this.untaken = body.reasons.length > 0;
    this.onanswer(body, sent);
    if (body.content) this.stored = isCurrent ? this.#print() : "";
    if (this.isDirty || this.untaken) this.#keep(readTypedFields(this.form));
    else this.localDraft.forget();
    if (this.isDirty) {
      this.onstate("unsaved");
      this.#later(PAUSE / 3);
    } else {
      this.onstate(this.untaken ? "untaken" : "saved");
    }
  }

  #refused(body) {
    if (body.clash) {
      this.isStopped = true;
      this.onstate("clash");
      this.onclash(body);
    } else {
      this.onstate("refused");
      this.onrefused(body.reasons);
    }
  }

  #waits(state) {
    if (this.isDirty) this.#keep(readTypedFields(this.form));
    this.onstate(this.isDirty || state === "signin" ? state : "saved");
    this.#later(RETRY);
  }
}
