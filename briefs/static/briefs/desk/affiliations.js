// What an author's affiliation was in earlier briefs, offered while there is none in this one.

const known = new Map(); // author → rows

async function earlier(address, author) {
  if (!known.has(author)) {
    const answer = await fetch(`${address}?${new URLSearchParams({ author })}`).catch(() => null);
    known.set(author, answer?.ok ? (await answer.json()).rows : []);
  }
  return known.get(author);
}

const cells = (row) => ["zh", "en"].map((side) => row.querySelector(`[name^="affiliation_${side}-"]`));

/** Show them in the row of an author, if it names one and both fields are empty. `onfill(input)` after a choice. */
export async function offerAffiliations(row, { address, label, onfill }) {
  row.querySelector(".used-before")?.remove();
  const author = row.querySelector('[name^="id-"]').value;
  const inputs = cells(row);
  const isLinked = row.querySelector('[name^="was-"]').value === row.querySelector('[name^="name-"]').value;
  if (!author || !isLinked || inputs.some((input) => input.value.trim())) return;
  const rows = await earlier(address, author);
  if (!rows.length || !row.isConnected || row.querySelector(".used-before")) return;
  const strip = Object.assign(document.createElement("p"), { className: "used-before" });
  strip.append(Object.assign(document.createElement("span"), { textContent: label }));
  for (const found of rows) strip.append(choice(found, inputs, strip, onfill));
  row.append(strip);
}

function choice({ zh, en, when }, inputs, strip, onfill) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn" });
  const parts = [["zh-Hant-TW", zh], ["en", en]].filter(([, text]) => text);
  for (const [lang, textContent] of parts) {
    button.append(Object.assign(document.createElement("span"), { lang, textContent }));
  }
  if (when) button.append(Object.assign(document.createElement("small"), { textContent: when }));
  button.addEventListener("click", () => {
    [inputs[0].value, inputs[1].value] = [zh, en];
    strip.remove();
    inputs[0].focus();
    onfill(inputs[0]);
  });
  return button;
}
