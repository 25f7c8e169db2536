// Show messages: results of commands, the state of saving, and rejected values.

import { createElement } from "../dom.js";
import { isMac, translate } from "../strings.js";

const SPOKEN = new Set(["kept", "signin", "refused", "untaken"]); // announced by screen readers
/** They stay while a save is tried: a press on "Sign in" leaves the typed row, which saves. */
const WAITING = new Set(["kept", "signin"]);
/** The word in the bar for a trouble. */
const TROUBLES = { kept: "short_kept", signin: "short_signin", clash: "short_clash", refused: "short_refused", untaken: "short_untaken" };
const AGES = 2000;
const LONG = 9000;
const SHORT = 3500;

export class StatusDisplay {
  constructor(form, undo) {
    this.form = form;
    this.undo = undo;
    this.toast = createElement("div", { className: "toast", hidden: true });
    this.live = createElement("div", { className: "visually-hidden", aria: { role: "status" } });
    form.append(this.toast, this.live);
    this.status = document.getElementById("desk-save");
    this.banner = document.getElementById("desk-banner");
    this.trouble = document.getElementById("desk-trouble");
    this.panel = document.getElementById("desk-sign-in"); // over the page; it takes no focus from the text
    this.status.addEventListener("click", () => {
      const { state } = this.status.dataset;
      if (state === "clash") this.showChoice();
      else if (state === "signin") this.onsignin();
      else form.requestSubmit(document.getElementById("desk-store"));
    });
    this.savedAt = this.status.dataset.at;
    this.reasons = [];
    form.addEventListener("focusout", () => setTimeout(() => this.showReasons()));
  }

  say(text, canUndo = false) {
    this.speak(text);
    this.toast.replaceChildren(createElement("span", { textContent: text }));
    if (canUndo) {
      const key = matchMedia("(pointer: coarse)").matches ? "" : ` ${isMac ? "⌘Z" : "Ctrl+Z"}`;
      const button = createElement("button", { type: "button", textContent: `${translate("undo")}${key}` });
      button.addEventListener("click", this.undo);
      this.toast.append(button);
    }
    this.toast.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.toast.hidden = true), canUndo ? LONG : SHORT);
  }

  speak(text) {
    this.live.textContent = "";
    this.live.textContent = text;
  }

  /** Show a state: saved, unsaved, saving, kept, signin, clash, refused, untaken. */
  state(name) {
    const { status } = this;
    if (WAITING.has(status.dataset.state) && (name === "unsaved" || name === "saving")) return; // until something is sent
    const text = name === "saved" ? this.#saved() : translate(name);
    if (SPOKEN.has(name) && status.dataset.state !== name) this.speak(text);
    if (!status.firstElementChild || status.dataset.state !== name || status.title !== text) this.#write(name, text);
  }

  /** Write the state into the bar in few words, and a trouble's sentence below it. "Saved" fades. */
  #write(name, text) {
    const { status, trouble } = this;
    const words = name in TROUBLES ? translate(TROUBLES[name]) : text;
    status.dataset.state = name;
    status.replaceChildren(createElement("i"), createElement("span", { className: "words", textContent: words }));
    status.title = text;
    status.setAttribute("aria-label", text || translate("save"));
    status.classList.remove("aged");
    clearTimeout(this.ageing);
    if (name === "saved") this.ageing = setTimeout(() => status.classList.add("aged"), AGES);
    trouble.replaceChildren(createElement("span", { textContent: text }));
    trouble.hidden = name !== "kept";
    this.panel.replaceChildren(createElement("p", { textContent: text }), this.#wayIn());
    this.panel.togglePopover(name === "signin");
  }

  /** Create a button that opens the sign-in page in a window of its own; its last page tells this one. */
  #wayIn() {
    const button = createElement("button", { type: "button", className: "btn second", textContent: translate("sign_in") });
    button.addEventListener("click", () => this.onsignin());
    return button;
  }

  /** Scroll to the choice between both texts, which may be far above. */
  showChoice() {
    const choice = document.querySelector(".clashes input[type=radio]") ?? this.banner.querySelector("button");
    choice?.focus({ preventScroll: true });
    choice?.scrollIntoView({ block: "center" });
  }

  #saved() {
    return this.savedAt ? translate("saved", { time: this.savedAt }) : "";
  }

  /** Say that this person has the brief open in another window too. */
  twice(isTwice) {
    const notice = document.getElementById("desk-twice");
    if (notice.hidden === isTwice) notice.textContent = isTwice ? translate("twice") : "";
    notice.hidden = !isTwice;
  }

  /** Show a banner with buttons, given as [word, act]. If `act` is null, the button submits the form. */
  ask(text, ...buttons) {
    const made = buttons.map(([word, act]) => {
      const button = createElement("button", { type: act ? "button" : "submit", className: "btn second", textContent: translate(word) });
      if (act) button.addEventListener("click", act);
      return button;
    });
    this.banner.replaceChildren(createElement("span", { textContent: text }), ...made);
    this.banner.hidden = false;
  }

  hideBanner() {
    this.banner.hidden = true;
  }

  // Rejected values, each reported beside its field

  setReasons(reasons) {
    this.reasons = reasons;
    this.showReasons();
  }

  get hasRejectedName() {
    return this.reasons.some(({ about }) => this.#field(about)?.matches("[name=source], [data-kind]"));
  }

  /** Show the reasons, but not beside the field that has the focus. */
  showReasons() {
    for (const shown of this.form.querySelectorAll(".untaken")) {
      shown.previousElementSibling?.removeAttribute("aria-invalid");
      shown.remove();
    }
    const elsewhere = [];
    for (const reason of this.reasons) {
      const field = this.#field(reason.about);
      if (!field && document.getElementById(reason.about)?.matches(".notice")) continue; // it says the same
      if (!field) elsewhere.push(reason.text);
      else if (field !== document.activeElement) this.#addReason(field, reason.text);
    }
    if (elsewhere.length) this.ask(elsewhere.join(" "));
  }

  #field(about) {
    if (!about) return null;
    const named = this.form.elements[about];
    if (named instanceof HTMLElement && named.type !== "hidden") return named;
    const target = document.getElementById(about);
    if (!target || !this.form.contains(target)) return null;
    return target.matches("input, textarea, select") ? target : target.querySelector("textarea, input:not([type=hidden])");
  }

  #addReason(field, text) {
    field.setAttribute("aria-invalid", "true");
    field.after(createElement("p", { className: "untaken", textContent: text }));
  }
}
