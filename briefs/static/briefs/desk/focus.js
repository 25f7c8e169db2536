// Make the page's address, and links within the page, focus the field in their target, instead of only scrolling to it.

const FIELD = "textarea, input:not([type=hidden]), select";

/** Focus the target of the address once all scripts of the page have run, and that of each link to this page. */
export function focusLinkTargets(form) {
  document.addEventListener("DOMContentLoaded", () => focusTarget(location.hash));
  form.addEventListener("click", (event) => {
    const link = event.target.closest("a[href*='#']");
    const isHere = link?.pathname === location.pathname && [location.search, "?view=write"].includes(link.search);
    if (isHere && focusTarget(link.hash)) event.preventDefault();
  });
}

/** Focus the first empty field of the target, else its first field. Return false if it has none. */
function focusTarget(hash) {
  const place = document.getElementById(hash.slice(1));
  place?.closest("details")?.setAttribute("open", "");
  const field = place && fieldOf(place);
  if (!field) return false;
  location.hash = hash;
  field.focus();
  return true;
}

function fieldOf(place) {
  if (place.matches(FIELD)) return place;
  const inside = place.matches(".pair") ? ".cell textarea" : FIELD;
  const fields = [...place.querySelectorAll(inside)].filter((field) => field.checkVisibility());
  return fields.find((field) => !field.value.trim()) ?? fields[0];
}
