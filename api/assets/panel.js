// Small additions to pages that work without it: relative times, live parts, confirmations, menus that close.
"use strict";

const language = document.documentElement.lang;
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
// The server's clock counts, not this machine's.
const ahead = Number(document.body.dataset.now) - Date.now();
const now = () => Date.now() + ahead;

const UNITS = [["day", 86_400_000, 2], ["hour", 3_600_000, 1], ["minute", 60_000, 1], ["second", 1_000, 0]];

function ago(ms) {
  const past = now() - ms;
  const [unit, size] = UNITS.find(([, size, least]) => Math.abs(past) >= size * least) ?? UNITS[3];
  return relative.format(-Math.trunc(past / size), unit);
}

function until(ms) {
  const left = Math.max(0, Math.round((ms - now()) / 1_000));
  if (left >= 86_400) return relative.format(Math.trunc(left / 86_400), "day");
  const [hours, minutes, seconds] = [Math.trunc(left / 3_600), Math.trunc(left / 60) % 60, left % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

function tick(root) {
  for (const time of root.querySelectorAll("time[data-ago]")) {
    time.title ||= time.textContent;
    const text = ago(Number(time.dataset.ago));
    if (time.textContent !== text) time.textContent = text;
  }
  for (const time of root.querySelectorAll("time[data-until]")) {
    time.title ||= time.textContent;
    time.textContent = until(Number(time.dataset.until));
  }
}

tick(document);
setInterval(() => document.hidden || tick(document), 1_000);

// Live parts: the server renders them, whole, whenever they have changed.
const source = document.querySelector("[data-live-from]");
if (source) {
  const stream = new EventSource(source.dataset.liveFrom);
  stream.addEventListener("open", () => source.classList.add("is-on"));
  stream.addEventListener("error", () => source.classList.remove("is-on"));
  stream.addEventListener("parts", (event) => {
    for (const part of JSON.parse(event.data)) {
      for (const place of document.querySelectorAll(`[data-live="${part.id}"]`)) {
        replace(place, part.html);
      }
    }
  });
  addEventListener("pagehide", () => stream.close());
}

function replace(place, html) {
  // What somebody is using stays under their hands; whoever reads by keyboard stays where they are.
  const held = place.contains(document.activeElement) ? document.activeElement : null;
  if (held && held.matches("input, select, textarea")) return;
  const href = held?.getAttribute("href");
  place.innerHTML = html;
  tick(place);
  if (href) place.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true });
}

// What cannot be undone is asked twice.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-confirm]");
  if (button && !confirm(button.dataset.confirm)) event.preventDefault();
});

// One effect, however often the button is pressed.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const form = event.target;
  if (form.dataset.sent && form.method === "post") event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 5_000);
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

// Menus close when one goes elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  // A slash goes to the search field.
  const search = document.querySelector("input[type=search]");
  if (event.key === "/" && search && !event.target.closest("input, select, textarea")) {
    event.preventDefault();
    search.focus();
  }
});

// A search answers while one types: the server's own list takes the place of the old one.
const searching = document.querySelector("form[data-search]");
if (searching) {
  let waiting;
  let asked;
  searching.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      asked?.abort();
      asked = new AbortController();
      const address = `${searching.action}?${new URLSearchParams(new FormData(searching))}`;
      try {
        const answer = await fetch(address, { signal: asked.signal });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const list = page.querySelector("#results");
        if (!answer.ok || !list) return;
        document.querySelector("#results").replaceWith(document.adoptNode(list));
        history.replaceState(null, "", address);
        tick(document);
      } catch (failure) {
        if (failure.name !== "AbortError") throw failure;
      }
    }, 120);
  });
}
