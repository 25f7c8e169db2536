// Ctrl+K: search or go to, on every page of the desk. A dialog with a combobox: the focus stays in the field, arrows
// move through the listbox, Enter goes, Ctrl+Enter opens a new tab. The results are those of the page without
// JavaScript. Keys are ignored while an input method composes.

import { isMac } from "./strings.js";

const PAUSE = 120;
const link = document.getElementById("find-link");
const dialog = document.getElementById("palette");
const [input, list, status] = ["input", "[role=listbox]", "[role=status]"].map((part) => dialog?.querySelector(part));
/** Return the id of the brief that the page is about. A new brief gets its address with the first save. */
const findBrief = () => location.pathname.match(/\/briefs\/brief\/(\d+)\//)?.[1] ?? "";
const issueForm = document.getElementById("issue-form");
const issue = location.pathname.match(/\/briefs\/issue\/(\d+)\//)?.[1] ?? "";
let asked = 0;
let timer = 0;
let options = [];
let at = 0;
let isStale = false; // the results are not yet those of the typed text
let enter = null; // Enter, pressed while they were not

function choose(i) {
  at = options.length ? (i + options.length) % options.length : 0;
  options.forEach((option, n) => option.setAttribute("aria-selected", String(n === at)));
  if (options[at]) input.setAttribute("aria-activedescendant", options[at].id);
  else input.removeAttribute("aria-activedescendant");
  options[at]?.scrollIntoView({ block: "nearest" });
}

/** Turn the sections of links into the groups and options of a listbox. */
function show(html) {
  const found = new DOMParser().parseFromString(html, "text/html").getElementById("found");
  if (!found) return; // the session has ended
  for (const tool of found.querySelectorAll("a:not([href])")) if (!findButton(tool.dataset)) tool.closest("li").remove();
  for (const group of found.querySelectorAll("section:not(:has(a))")) group.remove();
  for (const [n, group] of [...found.children].entries()) {
    const title = group.querySelector("h2");
    title.id = `palette-group-${n}`;
    group.setAttribute("role", "group");
    group.setAttribute("aria-labelledby", title.id);
    for (const part of group.querySelectorAll("h2, ul, li")) part.setAttribute("role", "presentation");
  }
  options = [...found.querySelectorAll("a")];
  for (const [n, option] of options.entries()) {
    Object.assign(option, { id: `palette-option-${n}`, tabIndex: -1 });
    option.setAttribute("role", "option");
  }
  list.replaceChildren(...found.children);
  list.setAttribute("aria-busy", "false");
  status.textContent = status.dataset.count.replace("{n}", options.length);
  choose(0);
}

async function ask() {
  const turn = (asked += 1);
  const typed = input.value;
  const query = new URLSearchParams({ part: "1", q: typed, brief: findBrief(), issue });
  const html = await fetch(`${link.href}?${query}`).then((answer) => answer.text()).catch(() => "");
  if (turn !== asked) return;
  show(html);
  isStale = typed !== input.value;
  if (isStale || !enter) return;
  press(enter);
  enter = null;
}

function press({ ctrlKey, metaKey }) {
  options[at]?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey, metaKey }));
}

function open() {
  if (dialog.open) return input.select();
  enter = null;
  input.value = "";
  dialog.showModal();
  input.focus();
  return ask();
}

/** Return the page's own control, or a button that adds the brief to the issue of the page or posts to an address. */
function findButton({ press, add, post }) {
  if (press) return document.querySelector(`:is(${press}):not(:disabled)`);
  const button = Object.assign(document.createElement("button"), { hidden: true });
  if (add && issueForm) return addTo(issueForm, Object.assign(button, { name: "do", value: `add:${add}` }));
  if (!post) return null;
  return addTo(document.getElementById("palette-form"), Object.assign(button, { formAction: post }));
}

function addTo(form, button) {
  form.append(button);
  return button;
}

/** Press the button, so that the text is saved first; without one follow the link. */
function go(option, event) {
  if (event.ctrlKey || event.metaKey) return;
  const button = findButton(option.dataset);
  if (!button) return;
  event.preventDefault();
  dialog.close();
  if (button.matches("summary")) button.closest("[popover]").showPopover();
  button.click();
}

if (dialog && link) {
  for (const key of isMac ? link.querySelectorAll("kbd") : []) key.textContent = "⌘ K"; // a brief's menu shows no key
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener(
    "keydown",
    (event) => {
      const isMod = (event.ctrlKey || event.metaKey) && !(event.ctrlKey && event.metaKey) && !event.altKey && !event.shiftKey;
      if (!isMod || event.key.toLowerCase() !== "k" || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      open();
    },
    true,
  );
  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    isStale = true;
    if (!event.isComposing) timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("compositionend", () => ask());
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose(at + step);
    else if (event.key === "Home" && event.ctrlKey) choose(0);
    else if (event.key === "End" && event.ctrlKey) choose(-1);
    else if (event.key === "Enter" && isStale) enter = event;
    else if (event.key === "Enter") press(event);
    else return;
    event.preventDefault();
  });
  // Keys typed here are not shortcuts of the page.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) return dialog.close();
    const option = event.target.closest("[role=option]");
    return option && go(option, event);
  });
  dialog.addEventListener("mousemove", ({ target }) => {
    const i = options.indexOf(target.closest("[role=option]"));
    if (i >= 0 && i !== at) choose(i);
  });
}
