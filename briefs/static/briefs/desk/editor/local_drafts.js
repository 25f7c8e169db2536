// Keep unsaved changes in IndexedDB until the server has them: unlike localStorage, which Chromium writes seconds later, it
// is on the disk as soon as a transaction ends, so a killed browser loses a few milliseconds of typing. Each tab writes its
// own entry (slot), so that two tabs never overwrite each other. The entry of a closed tab is offered when the brief is
// opened again.

const TAB = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16)).join("");
const LOCK = "desk-tab:";
const STORE = "drafts";

// Held until the page closes. A slot with this lock belongs to an open page and must not be offered.
navigator.locks?.request(LOCK + TAB, () => new Promise(() => {}));

const opened = open();

async function open() {
  const opening = indexedDB.open("desk", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  return resultOf(opening);
}

function resultOf(request) {
  return new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

/** Run one request in a transaction that is committed at once, before the page can close. Return its result. */
async function run(mode, ask) {
  try {
    const transaction = (await opened).transaction(STORE, mode);
    const request = ask(transaction.objectStore(STORE));
    transaction.commit();
    return await resultOf(request);
  } catch {
    return undefined; // storage may be blocked (private window) or full
  }
}

export const removeDraft = (slot) => run("readwrite", (store) => store.delete(slot));

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
    return `${this.person}:${this.subject}:`;
  }

  keep(words) {
    this.words = { ...words, slot: this.#slot, time: Date.now() };
    return run("readwrite", (store) => store.put(this.words, this.#slot));
  }

  forget() {
    this.words = null;
    return removeDraft(this.#slot);
  }

  /** Move the entry of a new brief to the brief's id. */
  rename(subject) {
    const { words } = this;
    this.forget();
    this.subject = subject;
    if (words) this.keep(words);
  }

  /** Return the entries of closed tabs, latest first. */
  async listAbandoned() {
    const range = IDBKeyRange.bound(this.#prefix, `${this.#prefix}\uffff`);
    const [alive, entries] = await Promise.all([openTabs(), run("readonly", (store) => store.getAll(range))]);
    return (entries ?? [])
      .filter((words) => !alive.has(words.slot.slice(this.#prefix.length)))
      .sort((a, b) => b.time - a.time);
  }
}

async function openTabs() {
  const locks = await navigator.locks?.query();
  const names = (locks?.held ?? []).map((lock) => lock.name).filter((name) => name.startsWith(LOCK));
  return new Set([TAB, ...names.map((name) => name.slice(LOCK.length))]);
}
