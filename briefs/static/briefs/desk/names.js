// Choose authors, source and keywords from the vocabulary, or create them, without leaving the brief. Without
// this module the fields accept any name, and Save creates the missing entries.

import { offerAffiliations } from "./affiliations.js";
import { Combobox, isSameName } from "./combobox.js";
import { openNewEntryPanel } from "./new_entry_panel.js";
import { announce, createElement } from "./dom.js";
import { fill } from "./strings.js";

const form = document.getElementById("brief-form");
const words = document.getElementById("names-words")?.dataset;
const addresses = { names: words?.names, create: words?.create, affiliations: words?.affiliations };

const say = (n) => {
  document.getElementById("names-status").textContent = n ? fill(words.found, { n }) : words.none;
};

const changed = (field) => announce(field, "desk:changed");

/** Fetch the entries that match the typed name. If the person may create entries, add a row that does so. */
async function ask(kind, typed, create) {
  const answer = await fetch(`${addresses.names}?${new URLSearchParams({ kind, q: typed })}`);
  if (!answer.ok) return [];
  const { rows, may_create } = await answer.json();
  const name = typed.trim();
  if (name && may_create) rows.push({ name: fill(words.make, { name }), run: () => create(name) });
  return rows;
}

/** Open the panel for a new entry. `take` is called with the entry that was created or chosen there. */
function naming(kind, host, input, typed, take) {
  return openNewEntryPanel({
    ...{ kind, host, typed, addresses, words },
    onnamed: (found) => {
      input.focus();
      take(found);
    },
    token: () => form.elements.csrfmiddlewaretoken.value,
    onclose: () => input.focus(),
  });
}

// Authors and keywords: hidden fields hold the entry's id (`id-`) and its name when chosen (`was-`). The id
// counts only while the name is unchanged.

const made = new WeakSet();

function enhance(input) {
  if (made.has(input)) return;
  made.add(input);
  const { kind } = input.dataset;
  const row = input.closest(".name-row");
  const key = () => input.name.slice("name-".length);
  const take = (found) => {
    input.value = found.name;
    form.elements[`id-${key()}`].value = found.id;
    form.elements[`was-${key()}`].value = found.name;
    changed(input);
    if (kind === "author") offer(row);
  };
  const pick = (found) => {
    take(found);
    if (kind === "keyword") openNext(row);
  };
  const create = (typed) => naming(kind, row, input, typed, pick);
  new Combobox(input, {
    ask: (typed) => ask(kind, typed, create),
    onpick: pick,
    onleave: (found) => found && form.elements[`id-${key()}`].value !== String(found.id) && take(found),
    say,
  });
}

/** Focus the next empty field of the group, or add one. */
function openNext(row) {
  const rows = [...row.parentElement.querySelectorAll(":scope > .name-row:not(.is-deleted) [data-kind]")];
  const next = rows.find((input) => !input.value.trim());
  if (next) next.focus();
  else row.closest("fieldset").querySelector("button[value^='add:']").click();
}

function offer(row) {
  return offerAffiliations(row, { address: addresses.affiliations, label: words.before, onfill: changed });
}

// The source: the select is hidden but keeps the value; a text field takes its place.

function enhanceSource(select) {
  const other = form.elements.source_new;
  const field = select.closest(".field");
  const input = createElement("input", { id: "source-name", type: "text" });
  const box = createElement("span", { className: "combo", id: "source" }, input);
  const shown = () => other.value || (select.value ? select.selectedOptions[0].textContent.trim() : "");
  select.id = "source-select";
  field.querySelector("label").htmlFor = input.id;
  select.before(box);
  select.hidden = true;
  other.closest(".field").hidden = true;
  input.value = shown();

  const take = (found) => {
    const known = [...select.options].some((option) => option.value === String(found.id));
    if (!known) select.add(new Option(found.name, found.id));
    select.value = found.id;
    other.value = "";
    input.value = found.name;
    changed(select);
  };
  const create = (typed) => naming("source", field, input, typed, take);
  new Combobox(input, {
    ask: (typed) => ask("source", isSameName(typed, shown()) ? "" : typed, create),
    onpick: take,
    onleave: (found) => {
      const typed = input.value.trim();
      if (typed === shown()) return;
      if (found) return take(found);
      if (!typed) select.value = "";
      other.value = typed; // Save creates the source, as it does without this module
      changed(other);
    },
    say,
  });
  for (const part of [select, other]) part.addEventListener("desk:filled", () => (input.value = shown()));
}

if (form && words) {
  form.querySelectorAll(".name-row input[data-kind]").forEach(enhance);
  if (form.elements.source?.tagName === "SELECT") enhanceSource(form.elements.source);
  form.addEventListener("focusin", ({ target }) => {
    if (target.matches("input[data-kind]")) enhance(target); // rows added after the page was loaded
    const row = target.matches('[name^="affiliation_"]') && target.closest(".name-row");
    if (row && !row.querySelector(".used-before")) offer(row);
  });
}
