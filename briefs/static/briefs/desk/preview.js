// The second window follows the form: after each save it shows the words again, at the same place.

const { brief } = document.querySelector("[data-brief]").dataset;
const channel = new BroadcastChannel("desk");
channel.addEventListener("message", ({ data }) => {
  if (data.brief === brief) location.reload();
});
