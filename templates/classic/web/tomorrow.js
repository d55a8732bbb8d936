"use strict";
// The keyboard of Tomorrow, and its page without a reload: the forms of the page, sent in order.
const main = document.getElementById("main");
const words = document.currentScript.dataset;
const live = document.createElement("p");
live.className = "live";
live.setAttribute("role", "status");
main.before(live);
document.documentElement.classList.add("keyed");
let current = "";
let last = Promise.resolve();

const byId = (id) => document.getElementById(id);
const rows = () => [...main.querySelectorAll(".rows > li")];
const rowOf = (node) => node.closest(".rows > li");
const row = () => rowOf(document.activeElement) || byId(current);
const link = (item) => item.querySelector(".head a");
// Each waits for the page of the one before, which says what was chosen.
const queue = (work) => { last = last.then(work, work); return last; };

function select(item) {
  current = item ? item.id : "";
  for (const frame of main.querySelectorAll(".frames rect")) {
    frame.classList.toggle("on", frame.classList.contains(current.replace("s-", "f-")));
  }
}

function find() {
  byId("q").closest("details").open = true;
  byId("q").focus({ preventScroll: true });
}

function move(step) {
  const all = rows();
  const next = row() ? all[all.indexOf(row()) + step] : all[0];
  if (!next) return;
  link(next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

// Put a page in place of this one; the story with the keyboard stays where it is on the screen.
async function show(page, address) {
  const picture = page.querySelector(".proofsheet img");
  if (picture) {
    const loaded = new Image();
    loaded.src = picture.src;
    await loaded.decode().catch(() => {});
  }
  const active = document.activeElement;
  const typed = active.id === "q" ? active.value : null;
  const listed = active === document.body || rowOf(active);
  const alike = (root) => (active.form ? [...root.querySelectorAll("button")] : [])
    .filter((button) => button.name === active.name && button.value === active.value);
  const place = alike(rowOf(active) || main).indexOf(active);
  const top = (item) => item.getBoundingClientRect().top;
  const before = byId(current) && top(byId(current));
  document.title = page.title;
  main.replaceChildren(...page.getElementById("main").childNodes);
  const url = new URL(address);
  for (const once of ["message", "done"]) url.searchParams.delete(once);
  history.replaceState(null, "", url.pathname + url.search);
  const item = byId(current);
  if (typed !== null && byId("q")) {
    byId("q").value = typed;
    find();
  } else {
    // The button that was pressed; if it is gone, its story, or the top of the page.
    const to = listed ? item && (alike(item)[place] || link(item)) : alike(main)[place];
    (to || main).focus({ preventScroll: true });
  }
  if (item && before !== null) scrollBy(0, top(item) - before);
  select(item);
  prepare();
  const said = main.querySelector(".message");
  live.textContent = said ? said.textContent.replace(/\s+/g, " ").trim() : "";
}

async function load(address, options) {
  main.setAttribute("aria-busy", "true");
  if (options) live.textContent = words.busy;
  try {
    let answer = await fetch(address, options);
    let page;
    for (;;) {
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const waits = page.querySelector("#waits a");
      if (!waits) break;
      await new Promise((done) => setTimeout(done, 300));
      answer = await fetch(waits.href);
    }
    // The sign-in or an error is a page of its own.
    if (page.querySelector(".stories")) await show(page, answer.url);
    else location.reload();
  } catch {
    live.textContent = words.lost;
    main.prepend(live);
  }
  main.removeAttribute("aria-busy");
}

function send(form, name, value) {
  const fields = new URLSearchParams(new FormData(form));
  if (name) fields.set(name, value);
  return load(form.action, { method: "POST", body: fields });
}

// Press a button of a story, whether or not it is open.
function press(name, value) {
  const { id } = row() || {};
  if (id && value) queue(() => byId(id) && send(byId(id).querySelector("form"), name, value));
}

async function headlines() {
  if (row() && !row().classList.contains("open")) await load(link(row()).href);
  const titles = row() && row().querySelector(".titles");
  if (!titles) return;
  titles.open = true;
  titles.querySelector("button").focus();
}

function numbered(number) {
  const sections = row() ? row().querySelectorAll(".in [name=section][value], .in option") : [];
  if (sections[number - 1]) press("section", sections[number - 1].value);
}

const keys = {
  j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
  l: () => press("do", "lead"), x: () => press("do", "drop"), h: () => queue(headlines),
  p: () => row() && press("section", row().dataset.section),
  u: () => queue(() => {
    const undo = main.querySelector("[value=last]");
    return undo && send(undo.form, "undo", "last");
  }),
  "/": find,
  "?": () => byId("keys").focus(),
};

function prepare() {
  if (byId("keys")) byId("keys").hidden = false;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !byId("keys")) return;
  if (event.target.closest("input, select, textarea")) {
    if (event.key === "Escape" && rows()[0]) link(byId(current) || rows()[0]).focus();
    return;
  }
  // A letter acts only in the list (WCAG 2.1.4); the arrows lead into it.
  if (!event.key.startsWith("Arrow") && !event.target.closest(".stories")) return;
  const act = keys[event.key] || (/^[1-9]$/.test(event.key) && (() => numbered(event.key)));
  if (!act) return;
  event.preventDefault();
  act();
});
main.addEventListener("focusin", (event) => {
  if (rowOf(event.target)) select(rowOf(event.target));
});
main.addEventListener("click", (event) => {
  const to = event.target.closest(".head a");
  if (!to || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  select(rowOf(to));
  queue(() => load(to.href));
});
main.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  if (form.method !== "post" || (button && button.value === "publish")) return;
  event.preventDefault();
  queue(() => send(form, button && button.name, button && button.value));
});
prepare();
select(main.querySelector(".rows > .open"));
// The first draft comes by itself.
if (byId("waits") && !byId("keys")) queue(() => load(location.href));
