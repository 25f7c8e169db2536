// Show messages: results of commands, the state of saving, who else is here, and rejected values.

import { createElement } from "../dom.js";
import { isMac, translate } from "../strings.js";

const SPOKEN = new Set(["kept", "signin", "refused", "untaken"]); // announced by screen readers
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
    const text = name === "saved" ? this.#saved() : translate(name);
    if (SPOKEN.has(name) && status.dataset.state !== name) this.speak(text);
    status.dataset.state = name;
    status.replaceChildren(name === "clash" ? this.#wayToDecide(text) : text);
    status.title = text;
  }

  /** Create a button that scrolls to the choice between both texts, which may be far above. */
  #wayToDecide(text) {
    const button = createElement("button", { type: "button", textContent: text });
    button.addEventListener("click", () => {
      const choice = document.querySelector(".clashes input[type=radio]") ?? this.banner.querySelector("button");
      choice?.focus({ preventScroll: true });
      choice?.scrollIntoView({ block: "center" });
    });
    return button;
  }

  #saved() {
    return this.savedAt ? translate("saved", { time: this.savedAt }) : "";
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

  people(list) {
    const box = document.getElementById("desk-who");
    const names = list.map((person) => person.name);
    if (box.dataset.names === names.join("\n")) return;
    box.dataset.names = names.join("\n");
    const faces = list.map(({ initial }) => createElement("span", { className: "face", textContent: initial, aria: { hidden: "true" } }));
    const text = names.length ? translate("here", { names: names.join(translate("and")) }) : "";
    box.replaceChildren(...faces, createElement("span", { className: "who-text", textContent: text }));
    box.title = text;
  }

  // Rejected values, each reported beside its field

  setReasons(reasons) {
    this.reasons = reasons;
    this.showReasons();
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
