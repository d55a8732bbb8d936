"use strict";
// The first morning: the zone of the browser, and the name on the page as it is typed.
const zone = document.querySelector("#schedule-zone[data-fresh]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && [...zone.options].some((option) => option.value === own)) {
  zone.value = own;
  zone.previousElementSibling.append(", from your browser");
}
const picture = document.querySelector("img[data-name]");
document.getElementById("name")?.addEventListener("change", (event) => {
  const shown = new URL(picture?.src ?? "", location.href);
  if (!picture || !event.target.value.trim()) return;
  shown.searchParams.set("name", event.target.value.trim());
  picture.src = shown;
});
