// Words that are typed and not saved: the browser asks before they are left behind.

const form = document.getElementById("brief-form");
let unsaved = Boolean(form?.querySelector("#reasons, .clashes")) && Boolean(form.elements.draft);

form?.addEventListener("input", () => {
  unsaved = true;
});
form?.addEventListener("submit", () => {
  unsaved = false;
});
addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});
addEventListener("pageshow", () => {
  document.getElementById("reasons")?.focus();
});
