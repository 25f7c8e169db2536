// Reload the preview window after each save of its brief. The browser keeps the scroll position.

const { brief } = document.querySelector("[data-brief]").dataset;
const channel = new BroadcastChannel("desk");
channel.addEventListener("message", ({ data }) => {
  if (data.brief === brief) location.reload();
});
