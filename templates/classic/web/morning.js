"use strict";
// The first morning: the zone of the browser, the name on the page as it is typed, and the page
// again while it is made.
const again = Number(document.currentScript.dataset.again);
if (again) setTimeout(() => location.replace(location.pathname), 1000 * again);
const zone = document.querySelector("#schedule-zone[data-fresh]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && [...zone.options].some((option) => option.value === own)) {
  zone.value = own;
  zone.insertAdjacentHTML("afterend", '<p class="hint">From your browser</p>');
}
const picture = document.querySelector("img[data-name]");
document.getElementById("name")?.addEventListener("change", (event) => {
  const shown = new URL(picture?.src ?? "", location.href);
  if (!picture || !event.target.value.trim()) return;
  shown.searchParams.set("name", event.target.value.trim());
  picture.src = shown;
});
