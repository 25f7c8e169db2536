// Suggestions from the vocabulary while an author or a keyword is typed. Any name may be typed without them.

const form = document.getElementById("brief-form");
let waiting;

form?.addEventListener("input", ({ target }) => {
  const kind = target.dataset?.kind;
  if (!kind || !target.value.trim()) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => suggest(kind, target.value), 200);
});

async function suggest(kind, typed) {
  const address = `${form.dataset.names}?${new URLSearchParams({ kind, q: typed })}`;
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) return;
  const { names } = await answer.json();
  const options = names.map((name) => Object.assign(document.createElement("option"), { value: name }));
  document.getElementById(`${kind}-names`).replaceChildren(...options);
}
