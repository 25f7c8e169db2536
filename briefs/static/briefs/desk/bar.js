// Fit a brief's bar into one line. Parts give way in steps, measured, so that no language, role, state or number of
// people can make it overflow. `bar.css` says what each step hides.

const STEPS = 12;
const HEADLINE_HIDDEN = 9;
const STATE_MOVED = 10;
const BEST = 240; // px of the headline before names, remarks and labels are worth their room
const LEAST = 140; // px below which a headline says too little

let bar = document.querySelector(".act-bar");

function isFitting(step) {
  const name = bar.querySelector(".name");
  const wanted = Math.min(step < 5 ? BEST : LEAST, name.scrollWidth);
  return bar.scrollWidth <= bar.clientWidth && (step >= HEADLINE_HIDDEN || name.offsetWidth >= wanted);
}

/** Hide as little as makes the bar fit. */
export function fit() {
  const others = [...bar.classList].filter((name) => !name.startsWith("fit"));
  for (let step = 0; step <= STEPS; step += 1) {
    bar.className = [...others, "fits", ...Array.from({ length: step }, (_, i) => `fit-${i + 1}`)].join(" ");
    if (isFitting(step)) break;
  }
  moveState();
}

/** Below the bar, show the state that found no room in it. */
function moveState() {
  const moved = bar.nextElementSibling;
  moved.hidden = !bar.classList.contains(`fit-${STATE_MOVED}`);
  moved.replaceChildren(...(moved.hidden ? [] : bar.querySelector(".badges").cloneNode(true).children));
}

const PARTS = { subtree: true, childList: true, characterData: true, attributeFilter: ["hidden", "data-state", "data-n"] };
const resizing = new ResizeObserver(() => fit());
const changing = new MutationObserver(() => {
  showMissing();
  fit();
});

/** Fit whenever the width or a part of the bar changes. `PARTS` leaves out the classes set here. */
function watch() {
  resizing.observe(bar);
  changing.observe(bar, PARTS);
  bar.addEventListener("desk:fit", fit);
  bar.addEventListener("click", clicked);
  fit();
}

/** The review page replaces its bar after each mark. */
function watchReplacement(form) {
  new MutationObserver(() => {
    const now = form.querySelector(".act-bar");
    if (now === bar) return;
    resizing.disconnect();
    changing.disconnect();
    bar = now;
    watch();
  }).observe(form, { childList: true });
}

function clicked({ target }) {
  if (target.closest(".more-menu")) bar.querySelector(".more-menu:popover-open")?.hidePopover();
  if (target.closest("[data-bar=save]")) bar.closest("form").requestSubmit(document.getElementById("desk-store"));
}

/** The headline in the bar follows the field, in the interface's language or else the other. */
function followHeadline(form) {
  const [own, other] = document.documentElement.lang.startsWith("zh") ? ["zh", "en"] : ["en", "zh"];
  form.addEventListener("input", ({ target }) => {
    if (!target.name?.startsWith("headline_")) return;
    const [side] = [own, other].filter((each) => form.elements[`headline_${each}`].value.trim());
    if (side) bar.querySelector(".name").textContent = form.elements[`headline_${side}`].value;
  });
}

let missing = "";

/** Say on the main act how much submission still lacks. */
function showMissing() {
  const small = bar.querySelector(".main-act .missing");
  if (!small || small.textContent === missing) return;
  small.textContent = missing;
  small.hidden = !missing;
}

if (bar) {
  const form = bar.closest("form");
  form.addEventListener("desk:missing", ({ detail }) => {
    missing = detail;
    showMissing();
  });
  watch();
  watchReplacement(form);
  document.fonts?.ready.then(fit);
  followHeadline(form);
}
