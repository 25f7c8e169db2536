// Show both languages if the reader chose so on another page. The choice is kept in this browser alone. The script stands
// below the masthead and blocks, so that the page moves on before the rest is drawn.
const both = document.querySelector('.views a[data-choice="show=both"]');
const read = () => {
  try {
    return localStorage.getItem("digest-show");
  } catch {
    return null;
  }
};
const isChosen = !new URLSearchParams(location.search).has("show") && read() === "both";
if (both && isChosen && !both.hasAttribute("aria-current")) {
  const isBrief = !both.search.includes("show=both"); // which has an address of its own for both
  const target = new URL(isBrief ? both.href : location.href);
  if (!isBrief) target.searchParams.set("show", "both");
  target.hash = location.hash;
  location.replace(target);
}
addEventListener("click", (event) => {
  const [name, value] = event.target.closest?.("[data-choice]")?.dataset.choice.split("=") ?? [];
  try {
    if (name) localStorage.setItem(`digest-${name}`, value);
  } catch {}
});
