// The review screen without reloads: an act is posted, and the place that it was about is put in anew from the
// page that comes back. Without this module the same buttons post the form. Keys act outside text fields only.

const form = document.getElementById("review");
const WRITING = "textarea, input, select";

function pairs() {
  return [...form.querySelectorAll(".review > .pair")];
}

function here() {
  return document.activeElement?.closest(".review > .pair") ?? null;
}

let side = "zh";

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
  button.parentElement.open = true;
  button.parentElement.querySelector("textarea").focus();
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
};

function choose(which) {
  side = which;
  mark(here() ?? pairs()[0]);
}

form?.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target.matches(WRITING)) {
    const details = event.target.closest("details.act");
    if (details) details.open = false;
    return go(event.target.closest(".pair"));
  }
  if (event.target.matches(WRITING)) return;
  const run = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!run) return;
  event.preventDefault();
  run();
});

form?.addEventListener("focusin", (event) => {
  const cell = event.target.closest(".cell[data-side]");
  if (cell) side = cell.dataset.side;
  mark(event.target.closest(".review > .pair"));
});

/* One act at a time; what is typed elsewhere stays, since only the place of the act is replaced. */
async function send(button) {
  const data = new FormData(form, button);
  const answer = await fetch(form.action, { method: "POST", body: data, credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("review");
  if (!fresh) throw new Error("not the review page");
  replace("review-bar", page);
  for (const name of ["seen_zh", "seen_en", "version"]) {
    form.elements[name].value = fresh.querySelector(`[name=${name}]`).value;
  }
  const told = page.querySelector(".reasons");
  form.querySelector(".reasons")?.remove();
  if (told) {
    document.getElementById("review-bar").after(told);
    return told.scrollIntoView({ block: "nearest" });
  }
  const place = button.closest(".review > .pair, .general");
  if (place) replace(place.id, page);
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

form?.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.name !== "do") return;
  event.preventDefault();
  button.setAttribute("aria-busy", "true");
  const next = button.dataset.key === "f" && button.getAttribute("aria-pressed") === "false";
  send(button)
    .then(() => next && onward())
    .catch(() => form.requestSubmitNatively(button));
});

/* After "fine": the other side if it is not yet, else the next pair. */
function onward() {
  const pair = here();
  const left = pair && [...pair.querySelectorAll("[data-key=f][aria-pressed=false]")];
  if (left?.length) return choose(left[0].closest(".cell").dataset.side);
  side = "zh";
  step(1);
}

if (form) {
  form.requestSubmitNatively = (button) => {
    const order = Object.assign(document.createElement("input"), { type: "hidden", name: "do", value: button.value });
    form.append(order);
    HTMLFormElement.prototype.submit.call(form);
  };
  if (!location.hash) step(1);
}
