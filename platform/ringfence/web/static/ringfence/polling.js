// Live progress. <section data-poll-url data-poll-state="running"> asks for
//   {"state": "running", "done": false, "values": {"read": 120}, "badges": {"DB-01": {"tone": "ok", "text": "Pass"}},
//    "say": "120 of 400 read"}
// and writes values[x] into [data-poll-text=x], <progress data-poll-value=x data-poll-max=y>, badges into
// [data-poll-badge=x]. A changed state reloads the page, unless the section has data-poll-stay.
import { announce } from "./live.js";

const SOON_MS = 1000;
const LATEST_MS = 8000;
const GONE = new Set([401, 403, 404, 410]);

function show(section, answer) {
  const values = answer.values ?? {};
  for (const place of section.querySelectorAll("[data-poll-text]")) {
    const value = values[place.dataset.pollText];
    if (value !== undefined) place.textContent = typeof value === "number" ? value.toLocaleString(document.documentElement.lang || undefined) : value;
  }
  for (const bar of section.querySelectorAll("progress")) {
    const most = values[bar.dataset.pollMax];
    const value = values[bar.dataset.pollValue];
    if (most !== undefined) bar.max = Math.max(Number(most), 1);
    if (value !== undefined) bar.value = Number(value);
  }
  for (const badge of section.querySelectorAll("[data-poll-badge]")) {
    const next = answer.badges?.[badge.dataset.pollBadge];
    if (!next) continue;
    badge.dataset.tone = next.tone;
    badge.querySelector("span").textContent = next.text;
    const use = badge.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*$/, `#tone-${next.tone}`));
  }
}

function follow(section) {
  const every = Number(section.dataset.pollEvery) || SOON_MS;
  const lost = section.querySelector("[data-poll-lost]");
  let wait = every;
  let before = "";
  let timer = 0;
  let ended = false;

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  };
  async function ask() {
    if (document.hidden) return;
    let answer;
    try {
      const response = await fetch(section.dataset.pollUrl, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (GONE.has(response.status)) {
        if (lost) lost.hidden = false;
        ended = true;
        return;
      }
      if (!response.ok) throw new Error(String(response.status));
      answer = await response.json();
    } catch {
      if (lost) lost.hidden = false;
      wait = Math.min(wait * 2, LATEST_MS * 4);
      later();
      return;
    }
    if (lost) lost.hidden = true;
    show(section, answer);
    const now = JSON.stringify(answer);
    wait = now === before ? Math.min(wait * 1.5, LATEST_MS) : every;
    if (answer.say && now !== before) announce(answer.say);
    before = now;
    if (answer.state !== undefined && answer.state !== section.dataset.pollState) {
      section.dataset.pollState = answer.state;
      if (!("pollStay" in section.dataset)) {
        location.reload();
        return;
      }
    }
    ended = Boolean(answer.done);
    if (!ended) later();
  }
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !ended) {
      wait = every;
      later();
    }
  });
  later();
}

export function startPolling() {
  for (const section of document.querySelectorAll("[data-poll-url]")) follow(section);
}
