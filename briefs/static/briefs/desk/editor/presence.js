// While the page is visible, report this person's presence every few seconds. The answer lists who else is
// here and the newest revision.

import { BACKGROUND, createElement } from "../dom.js";
import { translate } from "../strings.js";

const EVERY = 5000;

export class PresencePoll {
  /**
   * Calls `onpulse(body)` or `onsignedout()`. `address` may be set later, since a new brief has none. `where()`
   * returns the page's key and the row that has the focus.
   */
  constructor({ address, where, onpulse, onsignedout }) {
    Object.assign(this, { address, where, onpulse, onsignedout });
    document.addEventListener("visibilitychange", () => !document.hidden && this.beat());
    addEventListener("pagehide", () => this.#leave());
    setInterval(() => this.beat(), EVERY);
    this.beat();
  }

  async beat() {
    if (!this.address || document.hidden) return;
    const address = `${this.address}?${new URLSearchParams(this.where())}`;
    const answer = await fetch(address, { redirect: "manual", headers: BACKGROUND }).catch(() => null);
    if (answer?.type === "opaqueredirect") this.onsignedout();
    if (!answer?.ok) return;
    const body = await answer.json().catch(() => null);
    if (body) this.onpulse(body);
  }

  #leave() {
    if (!this.address) return;
    const body = new FormData();
    body.set("leave", "1");
    body.set("page", this.where().page);
    body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
    navigator.sendBeacon(this.address, body);
  }
}

const CROWD = 3; // from so many people on, the bar shows faces without names

/** Shows the other people in the bar, and each beside the row that has their focus. */
export class PeopleHere {
  people = [];

  /** `pairOf(row)` returns the element of a row. */
  constructor(pairOf = () => null) {
    this.pairOf = pairOf;
  }

  /** Without an argument, show the same people again, in a bar or row that was replaced. */
  show(people = this.people) {
    this.people = people;
    this.#showInRows(people);
    const box = document.getElementById("desk-who");
    const shown = JSON.stringify(people.map(({ name, initial }) => [name, initial]));
    if (box.dataset.shown === shown) return;
    box.dataset.shown = shown;
    const names = people.map(({ name }) => name).join(translate("and"));
    const text = people.length ? translate("here", { names }) : translate("alone");
    box.classList.toggle("crowd", people.length >= CROWD);
    box.replaceChildren(...people.map((person) => this.#person(person)));
    if (people.length > 1) box.append(createElement("span", { className: "rest", textContent: `+${people.length - 1}` }));
    box.title = text;
    box.setAttribute("aria-label", text);
  }

  #showInRows(people) {
    const wanted = people.map((person) => [person, this.pairOf(person.row)?.querySelector(".gutter")]).filter(([, gutter]) => gutter);
    const marks = wanted.map(([{ name, initial }, gutter]) => {
      const place = gutter.closest(".pair").getAttribute("aria-label");
      const text = translate("here_in", { name, place });
      const face = createElement("span", { className: "face", textContent: initial, aria: { hidden: "true" } });
      return [gutter, createElement("span", { className: "here", title: text }, face, createElement("span", { className: "visually-hidden", textContent: text }))];
    });
    for (const old of document.querySelectorAll(".gutter > .here")) old.remove();
    for (const [gutter, mark] of marks) gutter.append(mark);
  }

  #person({ name, initial }) {
    const face = createElement("span", { className: "face", textContent: initial, title: name, aria: { hidden: "true" } });
    return createElement("span", { className: "person" }, face, createElement("span", { className: "person-name", textContent: name }));
  }
}
