// Keep page and server in step: save changes, merge other people's, and offer unsaved changes of closed tabs.

import {
  extractTexts,
  fingerprint,
  fingerprintIgnoringKeys,
  isTypedField,
  mergeFacts,
  parseFormState,
  readTypedFields,
  setField,
  withoutBlankRows,
} from "../form.js";
import { BACKGROUND } from "../dom.js";
import { LocalDraft, removeDraft } from "./local_drafts.js";
import { PeopleHere, PresencePoll } from "./presence.js";
import { isChangedByBoth, mergeStates } from "./merge_form.js";
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
    this.numbers = {}; // stored numbers of bullets that were new on this page, by key
    this.people = new PeopleHere((row) => this.#pairOf(row));
    this.localDraft = new LocalDraft(this.data.person, this.data.pk || "new");
    this.saving = new Autosave({
      form,
      localDraft: this.localDraft,
      addresses: this.#addresses(),
      isUnsaved: "unsaved" in this.data,
      isStopped: "stopped" in this.data,
      onstate: (state) => this.display.state(state),
      onanswer: (body, sent) => this.#answered(body, sent),
      isAhead: (body, sent) =>
        editor.composing.now || // other texts in the cell would end the composition
        isChangedByBoth(editor.state, extractTexts(parseFormState(sent)), extractTexts(body.content)),
      onclash: (body) => this.display.ask(body.text, ["see_clash", null]),
      onrefused: (reasons) => this.display.setReasons(reasons),
      isOwn: (body) => this.#isOwn(body),
    });
    this.display.onsignin = () => this.#signIn();
    this.pulse = new PresencePoll({
      address: this.saving.addresses.pulse,
      where: () => ({ page: this.#pageKey, row: this.#rowHere() }),
      onpulse: (body) => this.#beat(body),
      onsignedout: () => this.display.state("signin"),
    });
    this.channel = new BroadcastChannel("desk");
    this.channel.addEventListener("message", ({ data }) => this.#heard(data));
    form.addEventListener("submit", (event) => this.#submitted(event));
    form.addEventListener("click", ({ target }) => target.closest("[data-preview]") && this.save());
  }

  /** Take a message of another tab: signed in again, or a preview that may have loaded before the last save. */
  #heard({ signedIn, previewed, version }) {
    if (signedIn) this.pulse.beat();
    const isOld = previewed === this.form.dataset.pk && version < Number(this.form.elements.version.value);
    if (isOld) this.channel.postMessage({ brief: previewed });
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
    await this.#offer(entries);
    if (this.address && !this.saving.isStopped) this.saving.now({ ask: true });
  }

  // Answers

  #answered(body, sent) {
    this.display.savedAt = body.at;
    Object.assign(this.numbers, body.numbers);
    if (this.wasSignedOut) this.display.say(translate("signed_in"));
    this.wasSignedOut = false;
    if (!this.address) this.#born(body);
    const isCurrent = this.#withoutTypedRow(sent) === this.#withoutTypedRow(readTypedFields(this.form));
    if (body.content) this.#take(body, parseFormState(sent));
    this.hasNews ||= body.changed || Boolean(body.content);
    this.display.setReasons(body.reasons);
    this.people.show(body.people);
    if (isCurrent && body.findings) this.editor.findings.show(body.findings, body.margin, body.plain_repair);
    if (body.key_points) this.#offerKeyPoints(body.key_points);
    this.#describe(body);
    if (body.changed) this.news();
    if (body.changed) this.channel.postMessage({ brief: String(body.brief) });
  }

  /** Findings of the row that is typed are not drawn, so what is typed there does not count. */
  #withoutTypedRow(entries) {
    const typed = this.form.querySelector(".pair.is-typing");
    return fingerprint(withoutBlankRows(entries).filter(([name]) => !typed?.querySelector(`[name="${name}"]`)));
  }

  /** Offer the stored pairs as key line, with their present words, unless the person is choosing. */
  #offerKeyPoints(pairs) {
    const field = this.form.elements.key_point;
    if (field === document.activeElement) return;
    const { value } = field;
    field.replaceChildren(...pairs.map(([number, words]) => new Option(words, number, false, number === value)));
  }

  /** Show the facts as stored, and the headline as the page's title. */
  #describe({ fact_line, original, title }) {
    const line = document.getElementById("fact-line");
    if (this.factLine !== fact_line) line.innerHTML = this.factLine = fact_line; // escaped by the server
    document.querySelector("[data-original]").innerHTML = original;
    const heading = document.querySelector("h1");
    if (heading.textContent === title) return;
    document.title = document.title.replace(heading.textContent, title);
    heading.textContent = title;
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
    for (const name of ["seen_zh", "seen_en", "seen_common"]) {
      const theirs = page.querySelector(`[name=${name}]`);
      if (theirs && !this.form.elements[name]) this.form.append(document.adoptNode(theirs));
    }
    this.saving.now({ ask: true }); // the new parts have no findings yet
  }

  /**
   * Refresh sentence, verbs and sign-offs. Wait while the person uses the verbs or the form is being submitted.
   */
  news() {
    clearTimeout(this.newsTimer);
    this.newsTimer = setTimeout(async () => {
      const bar = document.querySelector(".act-bar .verbs");
      if (bar?.contains(document.activeElement) || bar?.querySelector(":popover-open") || this.isGoing) return this.news();
      const page = await this.#page(new URL("../news/", new URL(this.address, location.href)));
      if (!page) return;
      this.#replaceParts(page);
      this.editor.comments.show(page.getElementById("comments").innerHTML);
    }, SOON);
  }

  #replaceParts(page) {
    for (const theirs of page.querySelectorAll("[data-adopt]")) {
      const own = document.querySelector(`[data-adopt="${theirs.dataset.adopt}"]`);
      if (!own || own.contains(document.activeElement) || [...own.querySelectorAll("textarea")].some((area) => area.value !== area.defaultValue)) continue;
      for (const fold of own.querySelectorAll("details[open][id]")) theirs.querySelector(`#${fold.id}`).open = true;
      if (own.innerHTML === theirs.innerHTML) continue;
      own.replaceWith(document.adoptNode(theirs));
    }
  }

  #beat(body) {
    const event = body.event ?? 0;
    if (this.event !== undefined && event !== this.event) this.news();
    this.event = event;
    this.people.show(body.people);
    this.display.twice(body.own_pages > 0);
    if (!this.#isOwn(body)) return;
    this.saving.token(body.csrf);
    const { isStopped, isDirty } = this.saving;
    if (isStopped) return;
    if (this.display.status.dataset.state === "signin") {
      this.wasSignedOut = true;
      this.saving.now({ ask: true });
    }
    else if (body.base > Number(this.form.elements.base.value) && !isDirty) this.saving.now({ ask: true });
  }

  /** Nothing is saved in the name of somebody else who signed in meanwhile. */
  #isOwn(body) {
    if (String(body.person) === this.data.person) return true;
    this.display.state("signin");
    this.display.say(translate("somebody_else", { name: body.name }));
    return false;
  }

  /** Sign in in a window of its own, so that nothing here is left. Its last page sends a message and closes. */
  #signIn() {
    window.open(this.data.signIn, "desk-sign-in", "popup,width=520,height=720");
  }

  // Where people are

  get #pageKey() {
    const { page, client_key: key } = this.form.elements;
    return (page ?? key)?.value ?? "";
  }

  /** Return the row that has the focus, by the name that it has on every page. */
  #rowHere() {
    const key = this.editor.here()?.key ?? "";
    return key in this.numbers ? `b${this.numbers[key]}` : key;
  }

  #pairOf(row) {
    const key = Object.keys(this.numbers).find((each) => `b${this.numbers[each]}` === row);
    return row ? (this.editor.sheet.row(row) ?? this.editor.sheet.row(key)) : null;
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

  /** Offer what a closed tab left, if the server does not have it. `entries` are those of this page. */
  async #offer(entries) {
    const [words] = await this.localDraft.listAbandoned();
    if (!words) return;
    const { slot } = words;
    const print = (some) => fingerprintIgnoringKeys(withoutBlankRows(some));
    if (print(words.entries) === print(entries) || !(await this.#isUnsaved(words))) {
      if (!this.saving.isStopped) removeDraft(slot);
      return this.saving.isStopped ? undefined : this.#offer(entries);
    }
    const zone = { hour: "2-digit", minute: "2-digit", timeZone: document.body.dataset.adminServerTimezone };
    const time = new Intl.DateTimeFormat("en-GB", zone).format(words.time);
    const done = (act) => () => {
      this.display.hideBanner();
      act();
      this.#offer(readTypedFields(this.form));
    };
    this.display.ask(
      translate("left", { time }),
      ["bring_back", done(() => this.#bringBack(slot, words))],
      ["discard", done(() => removeDraft(slot))],
    );
  }

  /** Ask the server whether it lacks anything of an entry. If it cannot tell, the entry counts as unsaved. */
  async #isUnsaved(words) {
    if (this.saving.isStopped) return true;
    const body = new FormData();
    for (const [name, value] of words.entries) body.append(name, value);
    for (const name of ["version", "base", "page", "client_key"]) if (words[name]) body.set(name, words[name]);
    for (const [name, value] of Object.entries({ draft: 1, compare: 1, csrfmiddlewaretoken: this.token })) body.set(name, value);
    const options = { method: "POST", redirect: "manual", body, headers: BACKGROUND };
    const answer = await fetch(this.addresses.autosave, options).catch(() => null);
    return answer?.ok ? (await answer.json()).unsaved : true;
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
