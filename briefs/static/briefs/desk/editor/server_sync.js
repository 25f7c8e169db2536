// The page and the server: what is typed goes out, what others wrote comes in, what a lost page kept is offered.

import { fingerprint, isTypedField, fingerprintIgnoringKeys, setField, parseFormState, mergeFacts, readTypedFields, extractTexts } from "../form.js";
import { LocalDraft, removeDraft } from "./local_drafts.js";
import { PresencePoll } from "./presence.js";
import { mergeStates } from "./merge_form.js";
import { replaceRows } from "./rows.js";
import { Autosave } from "./autosave.js";
import { translate } from "../strings.js";

const SOON = 300;

export class ServerSync {
  constructor(editor, form) {
    Object.assign(this, { editor, form, telling: editor.telling });
    this.data = { ...form.dataset };
    this.address = this.data.brief; // of the brief's page; empty for a new one
    this.keeping = new LocalDraft(this.data.person, this.data.pk || "new");
    this.saving = new Autosave({
      form,
      keeping: this.keeping,
      addresses: this.#addresses(),
      isUnsaved: "unsaved" in this.data,
      isStopped: "stopped" in this.data,
      onstate: (state) => this.telling.state(state),
      onanswer: (body, sent) => this.#answered(body, sent),
      onclash: (body) => this.telling.ask(body.text, ["see_clash", null]),
      onrefused: (reasons) => this.telling.because(reasons),
    });
    this.pulse = new PresencePoll({
      address: this.saving.addresses.pulse,
      onpulse: (body) => this.#beat(body),
      onsignedout: () => this.telling.state("signin"),
    });
    this.channel = new BroadcastChannel("desk");
    form.addEventListener("submit", (event) => this.#submitted(event));
    form.addEventListener("click", ({ target }) => target.closest("#desk-preview") && this.save());
  }

  #addresses() {
    const of = (end) => new URL(end, new URL(this.address, location.href)).href;
    if (!this.address) return { autosave: this.data.autosave, pulse: "" };
    return { autosave: of("../autosave/"), pulse: of("../pulse/"), dismiss: of("../dismiss/"), rail: of("../rail/") };
  }

  get addresses() {
    return this.saving.addresses;
  }

  get token() {
    return this.form.elements.csrfmiddlewaretoken.value;
  }

  touched() {
    this.saving.touched();
  }

  save(options = {}) {
    return this.saving.now(options);
  }

  flush() {
    return this.saving.flush();
  }

  /** When all stands: what a page that is gone has kept, and what the checks say. */
  async begin(entries) {
    if (this.saving.isStopped) this.telling.state("clash");
    else if ("unsaved" in this.data) this.saving.touched();
    else this.telling.state("saved");
    await this.#offer(fingerprintIgnoringKeys(entries));
    if (this.address && !this.saving.isStopped) this.saving.now({ ask: true });
  }

  // What comes back

  #answered(body, sent) {
    this.telling.savedAt = body.at;
    if (!this.address) this.#born(body);
    const isWhole = fingerprint(sent) === fingerprint(readTypedFields(this.form));
    if (body.content) this.#take(body, parseFormState(sent));
    this.hasNews ||= body.changed || Boolean(body.content);
    this.telling.because(body.reasons);
    this.telling.people(body.people);
    if (isWhole) this.editor.findings.show(body.findings);
    const sentence = document.getElementById("fact-sentence");
    if (sentence && sentence.textContent !== body.fact_sentence) sentence.textContent = body.fact_sentence;
    if (body.changed) this.#news();
    if (body.changed) this.channel.postMessage({ brief: String(body.brief) });
    this.form.dispatchEvent(new CustomEvent("desk:saved", { detail: body }));
  }

  #take(body, sent) {
    const words = extractTexts(sent);
    const theirs = extractTexts(body.content);
    this.editor.take((state) => mergeStates(state, words, theirs));
    mergeFacts(this.form, sent, body.content, replaceRows);
    const names = body.merged_from.join(translate("and"));
    if (names) this.telling.say(translate("merged", { names }));
  }

  /** A new brief has a row now: the page becomes that brief's page. */
  #born(body) {
    history.replaceState(history.state, "", body.url);
    this.address = body.url;
    this.form.dataset.pk = body.brief;
    this.saving.addresses = this.#addresses();
    this.pulse.address = this.saving.addresses.pulse;
    this.keeping.rename(String(body.brief));
    this.#adopt();
  }

  async #page(address = this.address) {
    const answer = await fetch(address, { redirect: "manual" }).catch(() => null);
    return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  }

  /** The words on this page are what the person has before them: a sign-off is of these, if nobody was quicker. */
  async #see() {
    const page = await this.#page();
    if (page?.querySelector("[name=base]")?.value !== this.form.elements.base.value) return;
    for (const theirs of page.querySelectorAll("[name^=seen_]")) this.form.elements[theirs.name].value = theirs.value;
    this.hasNews = false;
  }

  /** What only a brief's page has: its verbs, badges, review and history. */
  async #adopt() {
    const page = await this.#page();
    if (!page) return;
    this.#replaceParts(page);
    for (const name of ["seen_zh", "seen_en"]) {
      const theirs = page.querySelector(`[name=${name}]`);
      if (theirs && !this.form.elements[name]) this.form.append(document.adoptNode(theirs));
    }
  }

  /** The badges, verbs and sign-offs of the brief as it is now; not under the hand of who is just using them. */
  #news() {
    clearTimeout(this.newsTimer);
    this.newsTimer = setTimeout(async () => {
      const bar = document.querySelector("[data-adopt=verbs]");
      if (bar?.contains(document.activeElement) || bar?.querySelector(":popover-open") || this.isGoing) return this.#news();
      const page = await this.#page(new URL("../news/", new URL(this.address, location.href)));
      return page && this.#replaceParts(page);
    }, SOON);
  }

  #replaceParts(page) {
    for (const theirs of page.querySelectorAll("[data-adopt]")) {
      const own = document.querySelector(`[data-adopt="${theirs.dataset.adopt}"]`);
      if (own && own.innerHTML !== theirs.innerHTML) own.replaceWith(document.adoptNode(theirs));
    }
  }

  #beat(body) {
    if (this.event !== undefined && body.event !== this.event) this.#news();
    this.event = body.event;
    this.saving.token(body.csrf);
    this.telling.people(body.people);
    const { isStopped, isDirty } = this.saving;
    if (isStopped) return;
    if (this.telling.status.dataset.state === "signin") this.saving.now({ ask: true });
    else if (body.base > Number(this.form.elements.base.value) && !isDirty) this.saving.now({ ask: true });
  }

  // What goes out by itself: a verb, a clash

  /**
   * Before a verb, what is typed goes first: a form in flight would clash with its own save. "Save" stays on the page
   * when all is taken; else the form goes too, which adds new names to the vocabulary and says what is wrong.
   */
  async #submitted(event) {
    const { submitter } = event;
    const isSave = submitter?.matches("#desk-store") || !submitter;
    if (this.saving.isStopped || this.isGoing) {
      this.saving.isLeaving = true;
      this.keeping.posted();
      return;
    }
    event.preventDefault();
    await new Promise((done) => setTimeout(done)); // a form submits nothing while it is being submitted
    await this.flush();
    const { state } = this.telling.status.dataset;
    if (state === "kept" || state === "signin") return this.telling.say(translate(state));
    if (isSave && state === "saved") return;
    if (this.hasNews) await this.#see();
    this.isGoing = true;
    this.form.requestSubmit(submitter);
    this.isGoing = false;
  }

  // What a page that is gone has left

  async #offer(print) {
    const [left] = await this.keeping.left();
    if (!left) return;
    const { slot, words } = left;
    if (fingerprintIgnoringKeys(words.entries) === print || (words.posted && this.#isStored(words))) {
      if (!this.saving.isStopped) removeDraft(slot);
      return this.saving.isStopped ? undefined : this.#offer(print);
    }
    const time = new Date(words.time).toTimeString().slice(0, 5);
    const done = (act) => () => {
      this.telling.asked();
      act();
      this.#offer(fingerprintIgnoringKeys(readTypedFields(this.form)));
    };
    this.telling.ask(
      translate("left", { time }),
      ["bring_back", done(() => this.#bringBack(slot, words))],
      ["discard", done(() => removeDraft(slot))],
    );
  }

  /** It went to the server as a form, and since then this person has saved a newer revision. */
  #isStored(words) {
    return !("unsaved" in this.data) && "own" in this.data && Number(this.form.elements.base.value) > Number(words.base);
  }

  #bringBack(slot, words) {
    const state = parseFormState(words.entries);
    this.editor.apply({ ...extractTexts(state), said: ["brought_back"] });
    for (const [name, value] of Object.entries(state.fields)) {
      if (!/^(headline|summary)_/.test(name)) setField(this.form, name, value);
    }
    for (const box of this.form.querySelectorAll("input[type=checkbox]")) {
      if (isTypedField(box.name)) setField(this.form, box.name, state.fields[box.name] ?? "");
    }
    replaceRows("author", state.authors);
    replaceRows("keyword", state.keywords);
    for (const name of ["version", "base", "page", "client_key"]) {
      if (this.form.elements[name] && words[name]) this.form.elements[name].value = words[name];
    }
    this.saving.touched(); // into this page's own slot first
    removeDraft(slot);
  }
}
