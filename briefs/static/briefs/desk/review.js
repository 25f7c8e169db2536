// A brief's page for review without reloads: each action is posted, and its row is replaced by the one in the returned
// page. Without this module the same buttons post the form. Shortcut keys work only outside of open forms.

import { createElement, showMacKeys } from "./dom.js";
import { PeopleHere, PresencePoll } from "./editor/presence.js";
import { watchMargins } from "./margin.js";

const form = document.querySelector("#brief-form[data-sides]");
const PAIR = ".review .pair";
const WRITING = "textarea, input, select";
const FORMS = { n: "note", s: "suggest" };

function pairs() {
  return [...form.querySelectorAll(PAIR)].filter((pair) => pair.checkVisibility());
}

function here() {
  return document.activeElement?.closest(PAIR) ?? null;
}

function mine() {
  return form.dataset.sides.split(" ");
}

let side = form ? mine()[0] : "zh";
const people = new PeopleHere((row) => document.getElementById(row));

function cellOf(pair) {
  return pair.querySelector(`.cell[data-side=${side}]`);
}

function go(to) {
  if (!to) return;
  mark(to);
  cellOf(to).focus({ preventScroll: true });
  to.scrollIntoView({ block: "nearest" });
}

function mark(pair) {
  for (const cell of form.querySelectorAll(".cell.is-here")) cell.classList.remove("is-here");
  if (!pair) return;
  pair.dataset.side = side;
  cellOf(pair).classList.add("is-here");
}

function step(by) {
  const all = pairs();
  const at = all.indexOf(here());
  go(at < 0 ? all[0] : all[at + by]);
}

function act(key) {
  const pair = here() ?? pairs()[0];
  if (!pair) return;
  const details = FORMS[key] && cellOf(pair).querySelector(`[data-form=${FORMS[key]}]`);
  if (details) return write(details);
  pair.querySelector(`.acts[data-side=${side}] [data-key=${key}]`)?.click();
}

function write(details) {
  details.open = true;
  details.querySelector("textarea").focus();
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  z: () => choose("zh"),
  e: () => choose("en"),
  n: () => act("n"),
  s: () => act("s"),
  c: () => filter(),
  g: () => answer(),
  "?": () => document.getElementById("keys-sheet").togglePopover(),
};

function answer() {
  const end = document.getElementById("review-answer");
  end.scrollIntoView({ block: "center" });
  (end.querySelector("button, a") ?? end).focus();
}

function choose(which) {
  side = which;
  go(here() ?? pairs()[0]);
}

// Only what changed: each run of unchanged rows is a fold, which is closed then.

function filter() {
  const toggle = document.getElementById("review-only");
  if (!toggle) return;
  const isOn = !toggle.hasAttribute("aria-current");
  if (isOn) toggle.setAttribute("aria-current", "true");
  else toggle.removeAttribute("aria-current");
  for (const fold of form.querySelectorAll(".same")) fold.open = !isOn;
}

form?.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("details.act *")) {
    event.preventDefault();
    return event.target.closest("details.act").querySelector("button[name=do]").click();
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const details = event.target.closest("details.act[open]");
  if (event.key === "Escape" && (details || event.target.matches(WRITING))) {
    const pair = event.target.closest(".pair");
    if (details) details.open = false;
    return pair ? go(pair) : details.querySelector("summary").focus();
  }
  if (details || event.target.matches(WRITING)) return;
  const run = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!run) return;
  event.preventDefault();
  run();
});

form?.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  const details = event.target.closest("details.act:not([open]) > summary")?.parentElement;
  if (opener) {
    side = opener.closest(".acts").dataset.side;
    mark(opener.closest(PAIR));
    return act(opener.dataset.key);
  }
  const fold = event.target.closest(".same > summary")?.parentElement;
  if (fold) {
    event.preventDefault(); // the line goes, and the focus with it
    fold.open = true;
    return go(fold.querySelector(PAIR));
  }
  if (event.target.closest("#review-only")) {
    event.preventDefault();
    return filter();
  }
  if (!details) return;
  event.preventDefault();
  write(details);
});

form?.addEventListener("focusin", (event) => {
  const place = event.target.closest(".cell[data-side], .acts[data-side]");
  if (place) side = place.dataset.side;
  mark(event.target.closest(PAIR));
});

/* Post one action. Only its own pair is replaced, so text typed elsewhere on the page is kept. */
async function send(data, placeId) {
  const answer = await fetch(form.action, { method: "POST", body: data, credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#brief-form[data-sides]");
  if (!fresh) throw new Error("not the review page");
  for (const id of ["desk-bar", "step", "review-views", "review-answer"]) replace(id, page);
  follow(data.get("do"), fresh);
  const told = page.querySelector(".reasons");
  form.querySelector(".reasons")?.remove();
  if (told) {
    document.getElementById("step").after(told);
    return told.scrollIntoView({ block: "nearest" });
  }
  if (placeId) replace(placeId, page);
  people.show();
}

/* Update the revision that a sign-off refers to, which must be the text that the reviewer sees. An accepted
   suggestion is shown at once, so its revision is taken over. After any other save the old text is still on the
   page: the hashes stay as they are, and a notice appears. */
function follow(act, fresh) {
  const of = (name) => fresh.querySelector(`[name=${name}]`).value;
  const [old, now] = [Number(form.elements.base.value), Number(of("base"))];
  if (now === old) return;
  if (act.startsWith("accept:") && now === old + 1) {
    for (const name of ["base", "seen_zh", "seen_en", "seen_common", "version"]) form.elements[name].value = of(name);
    return;
  }
  const stale = document.getElementById("review-stale");
  stale.hidden = false;
  stale.querySelector("a").href = `?since=r${old}`;
}

function replace(id, page) {
  const old = document.getElementById(id);
  const fresh = page.getElementById(id);
  if (!old) return;
  if (!fresh) return old.remove();
  if (old.matches(".pair") && isWritten(old)) return replaceMarks(old, fresh);
  const had = old.contains(document.activeElement);
  const menu = old.querySelector(":popover-open");
  old.replaceWith(document.adoptNode(fresh));
  if (menu) document.getElementById(menu.id)?.showPopover();
  if (had && fresh.matches(".pair")) go(fresh);
}

/* Return whether something is being written in the row that an earlier action has not sent. */
function isWritten(pair) {
  return pair.contains(document.activeElement) && document.activeElement.matches(WRITING) && !pair.matches("[aria-busy]");
}

function replaceMarks(old, fresh) {
  old.className = fresh.className;
  for (const acts of fresh.querySelectorAll(".acts")) {
    old.querySelector(`.acts[data-side=${acts.dataset.side}]`)?.replaceWith(document.adoptNode(acts));
  }
}

let sending = Promise.resolve(); // actions are posted one after the other

form?.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.name !== "do") return;
  event.preventDefault();
  const data = new FormData(form, button);
  const place = button.closest(`${PAIR}, .whole`);
  place?.setAttribute("aria-busy", "true");
  sending = sending.then(() => send(data, place?.id)).catch(() => submitNatively(data.get("do")));
});

function submitNatively(value) {
  form.append(createElement("input", { type: "hidden", name: "do", value }));
  HTMLFormElement.prototype.submit.call(form);
}

if (form) {
  document.documentElement.classList.add("desk-js");
  showMacKeys();
  watchMargins(form);
  new PresencePoll({
    address: new URL("../pulse/", form.action).href,
    where: () => ({ page: form.elements.page.value, row: here()?.id ?? "" }),
    onpulse: (body) => people.show(body.people),
    onsignedout: () => {},
  });
  if (!location.hash && !here()) step(1);
}
