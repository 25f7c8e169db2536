// The review page without reloads: each action is posted, and its pair is replaced by the one in the returned
// page. Without this module the same buttons post the form. Shortcut keys work only outside of open forms.

import { createElement, showMacKeys } from "./dom.js";

const form = document.getElementById("review");
const WRITING = "textarea, input, select";

function pairs() {
  return [...form.querySelectorAll(".review > .pair")];
}

function here() {
  return document.activeElement?.closest(".review > .pair") ?? null;
}

function mine() {
  return form.dataset.sides.split(" ");
}

let side = form ? mine()[0] : "zh";

function go(to) {
  if (!to) return;
  to.focus({ preventScroll: true });
  to.scrollIntoView({ block: "nearest" });
  mark(to);
}

function mark(pair) {
  for (const cell of form.querySelectorAll(".cell.is-here")) cell.classList.remove("is-here");
  pair?.querySelector(`.cell[data-side=${side}]`)?.classList.add("is-here");
}

function step(by) {
  const all = pairs();
  const at = all.indexOf(here());
  go(at < 0 ? all.find((pair) => !pair.classList.contains("is-done")) ?? all[0] : all[at + by]);
}

function act(key) {
  const pair = here() ?? pairs()[0];
  const button = pair?.querySelector(`.cell[data-side=${side}] [data-key=${key}]`);
  if (!button) return;
  if (button.tagName !== "SUMMARY") return button.click();
  write(button.parentElement);
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
  f: () => act("f"),
  n: () => act("n"),
  s: () => act("s"),
  g: () => answer(),
  "?": () => document.getElementById("review-keys").togglePopover(),
};

function answer() {
  const end = document.getElementById("review-answer");
  end.scrollIntoView({ block: "center" });
  (end.querySelector("button, a") ?? end).focus();
}

function choose(which) {
  side = which;
  mark(here() ?? pairs()[0]);
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
    if (details) details.open = false;
    return go(event.target.closest(".pair"));
  }
  if (details || event.target.matches(WRITING)) return;
  const run = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!run) return;
  event.preventDefault();
  run();
});

form?.addEventListener("click", (event) => {
  const details = event.target.closest("details.act:not([open]) > summary")?.parentElement;
  if (!details) return;
  event.preventDefault();
  write(details);
});

form?.addEventListener("focusin", (event) => {
  const cell = event.target.closest(".cell[data-side]");
  if (cell) side = cell.dataset.side;
  mark(event.target.closest(".review > .pair"));
});

/* Post one action. Only its own pair is replaced, so text typed elsewhere on the page is kept. */
async function send(data, placeId) {
  const answer = await fetch(form.action, { method: "POST", body: data, credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("review");
  if (!fresh) throw new Error("not the review page");
  for (const id of ["review-bar", "review-answer"]) replace(id, page);
  follow(data.get("do"), fresh);
  const told = page.querySelector(".reasons");
  form.querySelector(".reasons")?.remove();
  if (told) {
    document.getElementById("review-bar").after(told);
    return told.scrollIntoView({ block: "nearest" });
  }
  if (placeId) replace(placeId, page);
}

/* Update the revision that a sign-off refers to, which must be the text that the reviewer sees. An accepted
   suggestion is shown at once, so its revision is taken over. After any other save the old text is still on the
   page: the hashes stay as they are, and a notice appears. */
function follow(act, fresh) {
  const of = (name) => fresh.querySelector(`[name=${name}]`).value;
  const [old, now] = [Number(form.elements.base.value), Number(of("base"))];
  if (now === old) return;
  if (act.startsWith("accept:") && now === old + 1) {
    for (const name of ["base", "seen_zh", "seen_en", "version"]) form.elements[name].value = of(name);
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
  const had = old.contains(document.activeElement);
  old.replaceWith(document.adoptNode(fresh));
  if (had && fresh.matches(".pair")) go(fresh);
}

let sending = Promise.resolve(); // actions are posted one after the other

/* A text marked as fine shows it at once, and the focus goes on: whoever reads fast does not wait for answers. */
form?.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.name !== "do") return;
  event.preventDefault();
  const data = new FormData(form, button);
  const placeId = button.closest(".review > .pair, .general")?.id;
  if (button.dataset.key === "f" && button.getAttribute("aria-pressed") === "false") {
    button.setAttribute("aria-pressed", "true");
    button.classList.add("is-on");
    onward();
  } else button.setAttribute("aria-busy", "true");
  sending = sending.then(() => send(data, placeId)).catch(() => submitNatively(data.get("do")));
});

/* After "fine", go to the pair's other side if it is not marked fine yet, else to the next pair. */
function onward() {
  const pair = here();
  const left = pair && [...pair.querySelectorAll("[data-key=f][aria-pressed=false]")].map((b) => b.closest(".cell"));
  const next = left?.find((cell) => mine().includes(cell.dataset.side));
  if (next) return choose(next.dataset.side);
  side = mine()[0];
  if (pairs().at(-1) === pair) return answer();
  step(1);
}

function submitNatively(value) {
  form.append(createElement("input", { type: "hidden", name: "do", value }));
  HTMLFormElement.prototype.submit.call(form);
}

if (form) {
  showMacKeys();
  if (!location.hash) step(1);
}
