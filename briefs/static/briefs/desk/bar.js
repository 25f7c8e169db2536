// The bar of a brief's page: its menu, and its headline, which follows the field.

const form = document.querySelector(".act-bar")?.closest("form");

form?.addEventListener("click", ({ target }) => {
  if (target.closest(".more-menu :is(a, button)")) form.querySelector(".more-menu:popover-open")?.hidePopover();
  if (target.closest("[data-bar=save]")) form.requestSubmit(document.getElementById("desk-store"));
});

// in the interface's language, or else the other
const [own, other] = document.documentElement.lang.startsWith("zh") ? ["zh", "en"] : ["en", "zh"];

form?.addEventListener("input", ({ target }) => {
  if (!target.name?.startsWith("headline_")) return;
  const [side] = [own, other].filter((each) => form.elements[`headline_${each}`].value.trim());
  if (side) form.querySelector(".act-bar .name").textContent = form.elements[`headline_${side}`].value;
});
