// Keep page and server in step: save changes, merge other people's, and offer unsaved changes of closed tabs.

import { fingerprint, isTypedField, fingerprintIgnoringKeys, setField, parseFormState, mergeFacts, readTypedFields, extractTexts } from "../form.js";
import { BACKGROUND } from "../dom.js";
import { LocalDraft, removeDraft } from "./local_drafts.js";
import { PeopleHere, PresencePoll } from "./presence.js";
import { mergeStates } from "./merge_form.js";
import { replaceRows } from "./rows.js";
import { Autosave } from "./autosave.js";
import { translate } from "../strings.js";

const SOON = 300;

export class ServerSync {
  constructor(editor, form) {
    Object.assign(this, { editor, form, display: editor.display });
    this.data = { ...form.dataset };
    this.address = this.data.brief; // address of the brief's page; empty for a new brief
    this.event = "event" in this.data ? Number(this.data.event) : undefined; // the newest one that the page shows
    this.people = new PeopleHere();
    this.localDraft = new LocalDraft(this.data.person, this.data.pk || "new");
    this.saving = new Autosave({
      form,
      localDraft: this.localDraft,
      addresses: this.#addresses(),
      isUnsaved: "unsaved" in this.data,
      isStopped: "stopped" in this.data,
      onstate: (state) => this.display.state(state),
      onanswer: (body, sent) => this.#answered(body, sent),
      onclash: (body) => this.display.ask(body.text, ["see_clash", null]),
      onrefused: (reasons) => this.display.setReasons(reasons),
    });
    this.pulse = new PresencePoll({
      address: this.saving.addresses.pulse,
      onpulse: (body) => this.#beat(body),
      onsignedout: () => this.display.state("signin"),
    });
    this.channel = new BroadcastChannel("desk");
    form.addEventListener("submit", (event) => this.#submitted(event));
    form.addEventListener("click", ({ target }) => target.closest("[data-preview]") && this.save());
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

  /** Start after the editor is set up: offer unsaved changes of closed tabs and fetch the findings. */
  async begin(entries) {
    if (this.saving.isStopped) this.display.state("clash");
    else if ("unsaved" in this.data) this.saving.touched();
    else this.display.state("saved");
    await this.#offer(fingerprintIgnoringKeys(entries));
    if (this.address && !this.saving.isStopped) this.saving.now({ ask: true });
  }

  // Answers

  #answered(body, sent) {
    this.display.savedAt = body.at;
    if (!this.address) this.#born(body);
    const isWhole = fingerprint(sent) === fingerprint(readTypedFields(this.form));
    if (body.content) this.#take(body, parseFormState(sent));
    this.hasNews ||= body.changed || Boolean(body.content);
    this.display.setReasons(body.reasons);
    this.people.show(body.people);
    if (isWhole) this.editor.findings.show(body.findings);
    this.#describe(body);
    if (body.changed) this.#news();
    if (body.changed) this.channel.postMessage({ brief: String(body.brief) });
    this.form.dispatchEvent(new CustomEvent("desk:saved", { detail: body }));
  }

  /** Show the facts as stored, and the headline as the page's title. */
  #describe({ fact_line, title }) {
    const line = document.getElementById("fact-line");
    if (this.factLine !== fact_line) line.innerHTML = this.factLine = fact_line; // escaped by the server
    const heading = document.querySelector("h1");
    if (heading.textContent === title) return;
    document.title = document.title.replace(heading.textContent, title);
    for (const place of [heading, document.querySelector(".breadcrumbs [aria-current]")]) place.textContent = title;
  }

  #take(body, sent) {
    const words = extractTexts(sent);
    const theirs = extractTexts(body.content);
    this.editor.take((state) => mergeStates(state, words, theirs));
    mergeFacts(this.form, sent, body.content, replaceRows);
    const names = body.merged_from.join(translate("and"));
    if (names) this.display.say(translate("merged", { names }));
  }

  /** The first save of a new brief created it: turn this page into the brief's page. */
  #born(body) {
    history.replaceState(history.state, "", body.url);
    this.address = body.url;
    this.form.dataset.pk = body.brief;
    this.saving.addresses = this.#addresses();
    this.pulse.address = this.saving.addresses.pulse;
    this.localDraft.rename(String(body.brief));
    this.#adopt();
  }

  async #page(address = this.address) {
    const answer = await fetch(address, { redirect: "manual", headers: BACKGROUND }).catch(() => null);
    return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  }

  /** Update the hashes that a sign-off confirms, if the stored revision is the one shown on this page. */
  async #see() {
    const page = await this.#page();
    if (page?.querySelector("[name=base]")?.value !== this.form.elements.base.value) return;
    for (const theirs of page.querySelectorAll("[name^=seen_]")) this.form.elements[theirs.name].value = theirs.value;
    this.hasNews = false;
  }

  /** Add the parts that a new brief's page lacks: verbs, badges, review and history. */
  async #adopt() {
    const page = await this.#page();
    if (!page) return;
    this.#replaceParts(page);
    for (const name of ["seen_zh", "seen_en"]) {
      const theirs = page.querySelector(`[name=${name}]`);
      if (theirs && !this.form.elements[name]) this.form.append(document.adoptNode(theirs));
    }
  }

  /**
   * Refresh badges, verbs and sign-offs. Wait while the person uses the verbs or the form is being submitted.
   */
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
    const event = body.event ?? 0;
    if (this.event !== undefined && event !== this.event) this.#news();
    this.event = event;
    this.saving.token(body.csrf);
    this.people.show(body.people);
    const { isStopped, isDirty } = this.saving;
    if (isStopped) return;
    if (this.display.status.dataset.state === "signin") this.saving.now({ ask: true });
    else if (body.base > Number(this.form.elements.base.value) && !isDirty) this.saving.now({ ask: true });
  }

  // Submitting the form

  /**
   * Autosave before the form is submitted, since a save under way would conflict with the form. If "Save"
   * finds everything stored, nothing is submitted. Otherwise the form is: it creates new names and shows
   * errors.
   */
  async #submitted(event) {
    const { submitter } = event;
    const isSave = submitter?.matches("#desk-store") || !submitter;
    if (this.saving.isStopped || this.isGoing) {
      this.saving.isLeaving = true;
      this.localDraft.posted();
      return;
    }
    event.preventDefault();
    await new Promise((done) => setTimeout(done)); // requestSubmit does nothing during a submit event
    await this.flush();
    const { state } = this.display.status.dataset;
    if (state === "kept" || state === "signin") return this.display.say(translate(state));
    if (isSave && state === "saved") return;
    if (this.hasNews) await this.#see();
    this.isGoing = true;
    this.form.requestSubmit(submitter);
    this.isGoing = false;
  }

  // Unsaved changes of closed tabs

  async #offer(print) {
    const [abandoned] = await this.localDraft.listAbandoned();
    if (!abandoned) return;
    const { slot, words } = abandoned;
    if (fingerprintIgnoringKeys(words.entries) === print || (words.posted && this.#isStored(words))) {
      if (!this.saving.isStopped) removeDraft(slot);
      return this.saving.isStopped ? undefined : this.#offer(print);
    }
    const time = new Date(words.time).toTimeString().slice(0, 5);
    const done = (act) => () => {
      this.display.hideBanner();
      act();
      this.#offer(fingerprintIgnoringKeys(readTypedFields(this.form)));
    };
    this.display.ask(
      translate("left", { time }),
      ["bring_back", done(() => this.#bringBack(slot, words))],
      ["discard", done(() => removeDraft(slot))],
    );
  }

  /** Return whether a posted entry is stored: this person has saved a newer revision since. */
  #isStored(words) {
    return !("unsaved" in this.data) && "own" in this.data && Number(this.form.elements.base.value) > Number(words.base);
  }

  #bringBack(slot, words) {
    const state = parseFormState(words.entries);
    this.editor.apply({ ...extractTexts(state), message: ["brought_back"] });
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
    this.saving.touched(); // store in this tab's slot before the other is removed
    removeDraft(slot);
  }
}
