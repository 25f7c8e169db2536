// Suggestions below the search field while the reader types: each leads to a page, and says of which kind.
const form = document.querySelector("form[data-suggest]");
const field = form?.querySelector("input[type=search]");
const list = document.createElement("ul");
let chosen = -1, asked = "", later;

const rows = () => [...list.children];
const close = () => {
  list.hidden = true;
  chosen = -1;
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
};
const choose = (n) => {
  const all = rows();
  chosen = all.length ? (n + all.length) % all.length : -1;
  all.forEach((row, i) => row.setAttribute("aria-selected", String(i === chosen)));
  if (chosen >= 0) field.setAttribute("aria-activedescendant", all[chosen].id);
};
const take = (row) => location.assign(row.dataset.url);
const show = (suggestions) => {
  list.replaceChildren(...suggestions.map(({ text, lang, label, url }, n) => {
    const row = document.createElement("li"), words = document.createElement("span"), kind = document.createElement("small");
    Object.assign(row, { id: `suggestion-${n}`, role: "option" });
    Object.assign(words, { lang, textContent: text });
    kind.textContent = label;
    row.dataset.url = url;
    row.append(words, " ", kind);
    row.setAttribute("aria-selected", "false");
    row.addEventListener("pointerdown", (event) => { event.preventDefault(); take(row); });
    return row;
  }));
  chosen = -1;
  field.removeAttribute("aria-activedescendant");
  list.hidden = !suggestions.length;
  field.setAttribute("aria-expanded", String(!list.hidden));
};
const ask = async () => {
  const typed = asked = field.value.trim();
  if (!typed) return close();
  const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(typed)}`).catch(() => null);
  if (!answer?.ok || typed !== asked || document.activeElement !== field) return;
  show((await answer.json()).suggestions);
};

if (field) {
  Object.assign(list, { id: "suggestions", role: "listbox", className: "suggestions", hidden: true, ariaLabel: field.labels[0].textContent });
  form.append(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" }))
    field.setAttribute(name, value);
  let composing = false;
  field.addEventListener("compositionstart", () => { composing = true; });
  field.addEventListener("compositionend", () => { composing = false; });
  field.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(() => composing || ask(), 180);
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? chosen + 1 : Math.max(chosen, 0) - 1);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      take(rows()[chosen]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
  });
  field.addEventListener("blur", close);
}
