// Every few seconds while the page is seen: I am here, who else is, and has anybody saved since.

const EVERY = 5000;

export class PresencePoll {
  /** `onpulse(body)`, `onsignedout()`. The address may come later: a new brief has none yet. */
  constructor({ address, onpulse, onsignedout }) {
    Object.assign(this, { address, onpulse, onsignedout });
    document.addEventListener("visibilitychange", () => !document.hidden && this.beat());
    addEventListener("pagehide", () => this.#leave());
    setInterval(() => this.beat(), EVERY);
    this.beat();
  }

  async beat() {
    if (!this.address || document.hidden) return;
    const answer = await fetch(this.address, { redirect: "manual" }).catch(() => null);
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
