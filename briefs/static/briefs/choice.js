// Show both languages, or headlines alone, if the reader chose so on another page. The choice is kept in this browser
// alone. The script stands below the masthead and blocks, so that the page moves on before the rest is drawn.
const query = new URLSearchParams(location.search);
const read = (name) => {
  try {
    return localStorage.getItem(`digest-${name}`);
  } catch {
    return null;
  }
};
const target = new URL(location.href), both = document.querySelector('.views a[data-choice="show=both"]');
const isList = both?.search.includes("show=both"), isBrief = both?.pathname.endsWith("/parallel/");
const isChosen = both && !both.hasAttribute("aria-current") && !query.has("show") && read("show") === "both";
if (isChosen && isList) target.searchParams.set("show", "both");
if (isChosen && isBrief) target.href = both.href;
if (isList && !query.has("rows") && read("rows") === "headlines") target.searchParams.set("rows", "headlines");
target.hash = location.hash;
if (target.href !== location.href) location.replace(target);
addEventListener("click", (event) => {
  const [name, value] = event.target.closest?.("[data-choice]")?.dataset.choice.split("=") ?? [];
  try {
    if (name) localStorage.setItem(`digest-${name}`, value);
  } catch {}
});
