// Follows a support visit: what the visitor does, every other second, and the time that is left.
// <section data-visit="address" data-visit-seen="3" data-visit-left="840" data-visit-state="approved">
import { showTimes } from "../ringfence/times.js";

const EVERY_MS = 2000;
const LATEST_MS = 15000;
const section = document.querySelector("[data-visit]");
const list = document.querySelector("[data-visit-acts]");
const none = document.querySelector("[data-visit-none]");
const say = document.querySelector("[data-visit-say]");
const lost = section.querySelector("[data-visit-lost]");
const clock = section.querySelector("[data-visit-clock]");
const bar = section.querySelector("[data-visit-bar]");
let ends = performance.now() + Number(section.dataset.visitLeft) * 1000;
let seen = section.dataset.visitSeen;
let wait = EVERY_MS;

function tick() {
  const left = Math.max(0, Math.round((ends - performance.now()) / 1000));
  clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  bar.value = left;
}

function line(act) {
  const item = document.createElement("li");
  item.dataset.id = act.id;
  if (act.tone) item.dataset.tone = act.tone;
  const words = document.createElement("span");
  words.textContent = act.about ? `${act.words}: ${act.about}` : act.words;
  const small = document.createElement("small");
  const time = document.createElement("time");
  time.dateTime = act.at;
  time.dataset.when = "full";
  small.append(time);
  item.append(words, small);
  showTimes(item);
  return item;
}

function show(acts) {
  const known = new Set([...list.children].map((item) => item.dataset.id));
  const fresh = acts.filter((act) => !known.has(act.id));
  list.replaceChildren(...acts.map(line));
  none.hidden = acts.length > 0;
  if (fresh.length) say.textContent = fresh[0].about ? `${fresh[0].words}: ${fresh[0].about}` : fresh[0].words;
}

async function look() {
  try {
    const response = await fetch(`${section.dataset.visit}?seen=${seen}`, { headers: { Accept: "application/json" }, cache: "no-store", redirect: "error" });
    if (!response.ok) throw new Error(String(response.status));
    const answer = await response.json();
    lost.hidden = true;
    wait = EVERY_MS;
    if (answer.state !== section.dataset.visitState) {
      location.reload();
      return;
    }
    ends = performance.now() + answer.left * 1000;
    if (answer.acts.length) show(answer.acts);
    seen = answer.total;
  } catch {
    lost.hidden = false;
    wait = Math.min(wait * 2, LATEST_MS);
  }
  setTimeout(look, wait);
}

setInterval(tick, 1000);
setTimeout(look, wait);
