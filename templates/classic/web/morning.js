"use strict";
// A page again while something is under way; on the first morning the zone of the browser, and
// the name on the page as it is typed.
const main = document.getElementById("main");
const again = 1000 * document.currentScript.dataset.again;

// In place, so that the keyboard and what is unfolded stay; nothing moves below who types.
async function follow() {
  setTimeout(follow, again);
  if (document.hidden || main.querySelector(":is(input, select, textarea):focus")) return;
  const answer = await fetch(`${location.pathname}?refresh=1`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("script[data-again]")) return location.replace(location.pathname);
  const all = (kind) => [...main.querySelectorAll(kind)];
  const open = all("details").map((each) => each.open);
  const focus = all("a, button, summary").indexOf(document.activeElement);
  document.title = page.title;
  main.replaceChildren(...page.getElementById("main").childNodes);
  all("details").forEach((each, place) => { each.open = open[place] ?? each.open; });
  all("a, button, summary")[focus]?.focus({ preventScroll: true });
}
if (again) setTimeout(follow, again);
const zone = document.querySelector("#schedule-zone[data-fresh]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && [...zone.options].some((option) => option.value === own)) {
  zone.value = own;
  zone.insertAdjacentHTML("afterend", '<p class="hint"></p>');
  zone.nextElementSibling.textContent = zone.dataset.fresh;
}
const picture = document.querySelector("img[data-name]");
document.getElementById("name")?.addEventListener("change", (event) => {
  const shown = new URL(picture?.src ?? "", location.href);
  if (!picture || !event.target.value.trim()) return;
  shown.searchParams.set("name", event.target.value.trim());
  picture.src = shown;
});
