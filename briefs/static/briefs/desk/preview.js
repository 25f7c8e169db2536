// Reload the preview window after each save of its brief. The browser keeps the scroll position.

const { brief, version } = document.querySelector("[data-brief]").dataset;
const channel = new BroadcastChannel("desk");
channel.addEventListener("message", ({ data }) => {
  if (data.brief === brief) location.reload();
});
channel.postMessage({ previewed: brief, version: Number(version) }); // asks for saves while the page was loading
