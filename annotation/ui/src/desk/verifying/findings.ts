/** Draws what was found: the verdict, what is shown and what not, who was sent an item, the events. */
import type { Event } from "../../core/log/contents";
import { Equivocation, Refused, Verdict } from "../../core/log/errors";
import type { Report } from "../../core/log/judge";
import type { SuccessionReport } from "../../core/log/succession";
import { SUCCESSION_LIMIT, successionHeadline, successionShown } from "../../core/log/succession";
import { sha256 } from "../../core/log/sha256";
import { toHex } from "../../core/log/bytes";
import {
  HEADLINES,
  deliveriesOf,
  erasuresIn,
  instant,
  receiverOf,
  shown,
  visible,
  whatOf,
  whoOf,
} from "../../core/log/words";
import { el, fill, part, save } from "./dom";

export type Answer = Report | SuccessionReport | Refused;
const MORE = 100;
const TONES = ["good", "bad", "bad", "bad", "unsure", "unsure"];

/** Draw the verdict. `changed` says what the reader has changed, or nothing; `succession` whether it is of one. */
export function drawVerdict(answer: Answer, changed: string, succession = false): void {
  const ofBundle = HEADLINES[answer.verdict];
  const headline = succession ? successionHeadline(answer.verdict, ofBundle) : ofBundle;
  const [word, sentence] = headline.split(/: ([^]*)/);
  const why = answer instanceof Refused ? answer.message : answer.whyNotAnchored;
  const box = part("verdict");
  box.dataset["tone"] = TONES[answer.verdict] ?? "bad";
  fill(
    box,
    el("h2", {}, el("b", {}, word ?? "")),
    el("p", { class: "headline" }, `${(sentence ?? "").charAt(0).toUpperCase()}${(sentence ?? "").slice(1)}`),
    why !== null && el("p", { class: "why" }, `Why: ${visible(why)}.`),
    changed !== "" && el("p", { class: "why" }, changed),
    answer instanceof Equivocation && evidenceOf(answer),
  );
  document.title = `${word} · Verify a proof bundle`;
}

/** Take the answer away with the bundle that it was about. */
export function clearVerdict(): void {
  const box = part("verdict");
  box.dataset["tone"] = "none";
  fill(box, el("p", {}, "Choose a bundle or a succession, and your pin."));
  part("findings").hidden = true;
  document.title = "Verify a proof bundle";
}

function evidenceOf({ notes }: Equivocation): HTMLElement {
  const button = el("button", { type: "button", class: "button" }, "Save both signed notes");
  button.addEventListener("click", () => {
    for (const note of notes) save(note, `equivocation-${toHex(sha256(note)).slice(0, 16)}.note`);
  });
  return el("p", {}, "The two notes are the evidence. Keep them, and show them to anyone. ", button);
}

/** Draw what a bundle shows, or hide it where nothing is shown. */
export function drawFindings(answer: Answer): void {
  part("findings").hidden = answer instanceof Refused;
  if (answer instanceof Refused) return;
  const succession = "steps" in answer;
  for (const each of document.querySelectorAll<HTMLElement>("[data-of]"))
    each.hidden = (each.dataset["of"] === "succession") !== succession;
  if (succession) {
    drawSuccession(answer);
    return;
  }
  part("shown-title").textContent =
    answer.verdict === Verdict.GOOD ? "Shown" : "Shown only if the log's key is the right one";
  fill(part("shown"), ...shown(answer).map((line) => el("li", {}, line)));
  fill(part("not-shown"), ...answer.limits.map((line) => el("li", {}, line)));
}

function drawSuccession(answer: SuccessionReport): void {
  part("shown-title").textContent = answer.pinned
    ? "Stated by the logs themselves"
    : "Stated by keys that nothing vouches for";
  fill(part("shown"), ...successionShown(answer).map((line) => el("li", {}, line)));
  fill(part("not-shown"), el("li", {}, SUCCESSION_LIMIT));
  const { nextPin } = answer;
  part("next").hidden = nextPin === null;
  if (nextPin) part("save-next").onclick = () => save(nextPin, "next.pin");
}

/** Read an object's id as people write it. */
function idOf(text: string): string | null {
  const digits = text
    .trim()
    .replace(/^urn:uuid:|[{}-]/gi, "")
    .toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(digits)) return null;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Draw who was sent the object that the reader asks for. */
export function drawDeliveries(report: Report, asked: string): void {
  const answer = part("deliveries");
  if (asked.trim() === "") {
    fill(answer);
    return;
  }
  const id = idOf(asked);
  if (id === null) {
    fill(answer, el("p", { class: "why" }, "That is no id: 32 hexadecimal digits, with dashes or without."));
    return;
  }
  const { found, people, limit } = deliveriesOf(report, id);
  const rows = found.map((event) =>
    el(
      "li",
      {},
      el("b", {}, receiverOf(event)),
      el(
        "small",
        {},
        `${instant(event.atMs)} · ${visible(String(event.core?.get("verb")))} · event ${event.index}`,
      ),
    ),
  );
  fill(
    answer,
    el("p", {}, `Who was sent ${id}: ${found.length} deliveries, to ${people} people.`),
    found.length > 0 && el("ol", { class: "events" }, ...rows),
    el("p", { class: "muted" }, limit),
  );
}

/** Draw the disclosed events that hold a text, the first hundred and as many more as asked for. */
export function drawEvents(report: Report, wanted: string, choose: (event: Event) => void): void {
  const erased = erasuresIn(report.events);
  const told = (event: Event): [string, string] => [whatOf(event), whoOf(event, erased.get(event.index))];
  const needle = wanted.trim().toLowerCase();
  const fitting = needle
    ? report.events.filter((event) =>
        `#${event.index} ${told(event).join(" ")}`.toLowerCase().includes(needle),
      )
    : report.events;
  const list = el("ol", { class: "events" });
  const more = el("button", { type: "button", class: "button" });
  let drawn = 0;
  const draw = (): void => {
    const next = fitting.slice(drawn, drawn + MORE);
    list.append(...next.map((event) => rowOf(event, told(event), choose)));
    drawn += next.length;
    more.hidden = drawn === fitting.length;
    more.textContent = `Show more of ${fitting.length}`;
  };
  more.addEventListener("click", draw);
  draw();
  const none = needle ? "No disclosed event holds that." : "This bundle discloses no event.";
  fill(part("events"), fitting.length > 0 ? list : el("p", { class: "muted" }, none), more);
}

function rowOf(event: Event, [what, who]: [string, string], choose: (event: Event) => void): HTMLElement {
  const button = el(
    "button",
    { type: "button", class: "quiet", "aria-label": `Change a byte of event ${event.index}` },
    "Change a byte",
  );
  button.addEventListener("click", () => choose(event));
  return el(
    "li",
    {},
    el("span", {}, el("b", {}, what), ` ${who}`),
    el("small", {}, `#${event.index} · ${instant(event.atMs)} `, button),
  );
}
