// Mark the briefs of a list that appeared since the reader's last visit. The time of the visit is kept in this browser
// alone; without storage, and on the first visit, nothing is marked. A visit ends after half an hour without a list.
const KEY = "digest-visit", VISIT = 1_800_000, CACHED = 60_000;
const entries = [...document.querySelectorAll("[data-published]")];
const legend = document.getElementById("new-legend");
const read = () => {
  try {
    const { at, since, seen } = JSON.parse(localStorage.getItem(KEY));
    return Number.isFinite(at) ? { at, since: String(since), seen: String(seen) } : null;
  } catch {
    return null;
  }
};
const now = Date.now(), last = read();
const seen = [last?.seen ?? "", ...entries.map((entry) => entry.dataset.published)].sort().at(-1);
const sinceLast = () => [last.seen, new Date(last.at - CACHED).toISOString()].sort().at(-1);
const since = !last ? "" : now - last.at > VISIT ? sinceLast() : last.since;
const fresh = since && legend ? entries.filter((entry) => entry.dataset.published > since) : [];
for (const entry of fresh) entry.prepend(legend.querySelector(".new-mark").cloneNode(true));
if (fresh.length) legend.classList.add("shown");
try {
  localStorage.setItem(KEY, JSON.stringify({ at: now, since, seen }));
} catch {}
