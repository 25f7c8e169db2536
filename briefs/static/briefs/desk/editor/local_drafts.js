// Words in the browser's own store until the server has them. Each tab writes a slot of its own, so that two tabs of
// one person never write over each other; a slot whose tab is gone is offered when the brief is opened again.

const TAB = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16)).join("");
const LOCK = "desk-tab:";

// Held as long as this page lives: a slot with such a lock belongs to a page that is still open.
navigator.locks?.request(LOCK + TAB, () => new Promise(() => {}));

export class LocalDraft {
  /** `person` signed in; `subject`: the brief's number, or `new`. */
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
      // a private window or a full disk may refuse
    }
  }

  forget() {
    removeDraft(this.#slot);
  }

  /** The form is on its way to the server, which answers with a page. */
  posted() {
    const words = read(this.#slot);
    if (words) this.keep({ ...words, posted: true });
  }

  /** The new brief has a number now. */
  rename(subject) {
    const words = read(this.#slot);
    removeDraft(this.#slot);
    this.subject = subject;
    if (words) this.keep(words);
  }

  /** What pages that are gone have left, the latest first: {slot, words}. */
  async left() {
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
    // nothing could be kept either
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
