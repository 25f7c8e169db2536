// While the page is visible, report this person's presence every few seconds. The answer lists who else is
// here and the newest revision.

import { BACKGROUND } from "../dom.js";

const EVERY = 5000;

export class PresencePoll {
  /** Calls `onpulse(body)` or `onsignedout()`. `address` may be set later, since a new brief has none. */
  constructor({ address, onpulse, onsignedout }) {
    Object.assign(this, { address, onpulse, onsignedout });
    document.addEventListener("visibilitychange", () => !document.hidden && this.beat());
    addEventListener("pagehide", () => this.#leave());
    setInterval(() => this.beat(), EVERY);
    this.beat();
  }

  async beat() {
    if (!this.address || document.hidden) return;
    const answer = await fetch(this.address, { redirect: "manual", headers: BACKGROUND }).catch(() => null);
    if (answer?.type === "opaqueredirect") this.onsignedout();
    if (!answer?.ok) return;
    const body = await answer.json().catch(() => null);
    if (body) this.onpulse(body);
  }

  #leave() {
    if (!this.address) return;
    const body = new FormData();
    body.set("leave", "1");
    body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
    navigator.sendBeacon(this.address, body);
  }
}
