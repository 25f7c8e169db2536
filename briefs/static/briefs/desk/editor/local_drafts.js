// Keep unsaved changes in localStorage until the server has them. Each tab writes its own entry (slot), so
// that two tabs never overwrite each other. The entry of a closed tab is offered when the brief is opened
// again.

const TAB = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16)).join("");
const LOCK = "desk-tab:";

// Held until the page closes. A slot with this lock belongs to an open page and must not be offered.
navigator.locks?.request(LOCK + TAB, () => new Promise(() => {}));

export class LocalDraft {
  /** `person` is the signed-in person's id; `subject` is the brief's id, or `new`. */
  constructor(person, subject) {
    this.person = person;
    this.subject = subject;
  }

  get #slot() {
    return `${this.#prefix}${TAB}`;
  }

  get #prefix() {
    return `desk:${this.person}:${this.subject}:`;
  }

  keep(words) {
    try {
      localStorage.setItem(this.#slot, JSON.stringify({ ...words, time: Date.now() }));
    } catch {
      // storage may be blocked (private window) or full
    }
  }

  forget() {
    removeDraft(this.#slot);
  }

  /** Mark the entry as posted: the form was submitted, and the page is about to be replaced. */
  posted() {
    const words = read(this.#slot);
    if (words) this.keep({ ...words, posted: true });
  }

  /** Move the entry of a new brief to the brief's id. */
  rename(subject) {
    const words = read(this.#slot);
    removeDraft(this.#slot);
    this.subject = subject;
    if (words) this.keep(words);
  }

  /** Return the entries of closed tabs as {slot, words}, latest first. */
  async listAbandoned() {
    const alive = await openTabs();
    return this.#slots()
      .filter((slot) => !alive.has(slot.slice(this.#prefix.length)))
      .map((slot) => ({ slot, words: read(slot) }))
      .filter(({ words }) => words?.entries)
      .sort((a, b) => b.words.time - a.words.time);
  }

  #slots() {
    try {
      return Object.keys(localStorage).filter((name) => name.startsWith(this.#prefix));
    } catch {
      return [];
    }
  }
}

export function removeDraft(slot) {
  try {
    localStorage.removeItem(slot);
  } catch {
    // storage is blocked, so there is nothing to remove
  }
}

function read(slot) {
  try {
    return JSON.parse(localStorage.getItem(slot));
  } catch {
    return null;
  }
}

async function openTabs() {
  const locks = await navigator.locks?.query();
  const names = (locks?.held ?? []).map((lock) => lock.name).filter((name) => name.startsWith(LOCK));
  return new Set([TAB, ...names.map((name) => name.slice(LOCK.length))]);
}
