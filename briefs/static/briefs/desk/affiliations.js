// Offer the affiliations that an author had in earlier briefs, while both fields are empty in this one.

import { createElement } from "./dom.js";

const known = new Map(); // author → rows

async function earlier(address, author) {
  if (!known.has(author)) {
    const answer = await fetch(`${address}?${new URLSearchParams({ author })}`).catch(() => null);
    known.set(author, answer?.ok ? (await answer.json()).rows : []);
  }
  return known.get(author);
}

const cells = (row) => ["zh", "en"].map((side) => row.querySelector(`[name^="affiliation_${side}-"]`));

/**
 * Show the offers in an author's row, if it is linked to an author. `onfill(input)` is called after a choice.
 */
export async function offerAffiliations(row, { address, label, onfill }) {
  row.querySelector(".used-before")?.remove();
  const author = row.querySelector('[name^="id-"]').value;
  const inputs = cells(row);
  const isLinked = row.querySelector('[name^="was-"]').value === row.querySelector('[name^="name-"]').value;
  if (!author || !isLinked || inputs.some((input) => input.value.trim())) return;
  const rows = await earlier(address, author);
  if (!rows.length || !row.isConnected || row.querySelector(".used-before")) return;
  const strip = createElement("p", { className: "used-before" }, createElement("span", {}, label));
  for (const found of rows) strip.append(choice(found, inputs, strip, onfill));
  row.append(strip);
}

function choice({ zh, en, when }, inputs, strip, onfill) {
  const button = createElement("button", { type: "button", className: "btn" });
  if (zh) button.append(createElement("span", { lang: "zh-Hant-TW" }, zh));
  if (en) button.append(createElement("span", { lang: "en" }, en));
  if (when) button.append(createElement("small", {}, when));
  button.addEventListener("click", () => {
    [inputs[0].value, inputs[1].value] = [zh, en];
    strip.remove();
    inputs[0].focus();
    onfill(inputs[0]);
  });
  return button;
}
