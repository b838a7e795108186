/** The verifier as one page: takes a bundle or a succession and a pin, judges them here, and turns red when a byte is changed. */
import type { Members } from "../core/log/archive";
import { readArchive } from "../core/log/archive";
import { looksTrusted, readTrusted } from "../core/log/certificates";
import type { Event, Pause } from "../core/log/contents";
import { Cannot, Malformed, Refused } from "../core/log/errors";
import type { Report } from "../core/log/judge";
import { judge } from "../core/log/judge";
import type { Pin } from "../core/log/policy";
import { looksLikePin, parsePin } from "../core/log/policy";
import { requireSound } from "../core/log/selftest";
import { judgeSuccession, looksLikeSuccession } from "../core/log/succession";
import { fill, part } from "../desk/verifying/dom";
import type { Answer } from "../desk/verifying/findings";
import {
  clearVerdict,
  drawDeliveries,
  drawEvents,
  drawFindings,
  drawVerdict,
} from "../desk/verifying/findings";
import type { Piece, Place } from "../desk/verifying/trial";
import { differing, placeOf } from "../desk/verifying/trial";

/** More does not fit into a page; the verifier in Python reads any bundle. */
const MOST_BYTES = 1024 * 1024 * 1024;
const DRAW_EVERY_MS = 40;
const WAIT_AFTER_KEY_MS = 120;

type Kind = "bundle" | "pin" | "tsa";
const KINDS = ["bundle", "pin", "tsa"] as const;

class Superseded extends Error {}

const held: Record<Kind, Uint8Array | null> = { bundle: null, pin: null, tsa: null };
let members: Members | null = null;
let report: Report | null = null;
let place: Place | null = null;
let run = 0;
let waiting = 0;

type Judging<Found> = (pin: Pin | null, pause: Pause) => Promise<Found>;

/** Judge as `judging` does; a newer question ends this one. */
async function answerTo<Found>(judging: Judging<Found>): Promise<Found | Refused> {
  run += 1;
  const mine = run;
  let drawn = performance.now();
  const pause = async (done: number, of: number): Promise<void> => {
    if (performance.now() - drawn < DRAW_EVERY_MS) return;
    part<HTMLProgressElement>("progress").value = of > 0 ? done / of : 0;
    await new Promise((resume) => setTimeout(resume));
    drawn = performance.now();
    if (mine !== run) throw new Superseded();
  };
  try {
    await requireSound();
    // As on the command line, the pin is read first.
    const pin: Pin | null = held.pin ? await parsePin(held.pin) : null;
    const found = await judging(pin, pause);
    if (mine !== run) throw new Superseded();
    return found;
  } catch (error) {
    if (mine !== run) throw new Superseded();
    if (error instanceof Refused) return error;
    return new Cannot(`the page has failed (${String(error)}); take the verifier in Python`);
  }
}

/** How the bundle that `read` gives is judged. */
function ofBundle(read: () => Members): Judging<Report> {
  return async (pin, pause) => {
    const given = read();
    return judge(given, pin, held.tsa ? readTrusted(held.tsa) : [], pause);
  };
}

/** Judge a succession, and draw it. */
async function judgeTheSuccession(content: Uint8Array): Promise<void> {
  report = null;
  const answer = await answerTo(() => judgeSuccession(content, held.pin));
  drawFindings(answer);
  drawVerdict(answer, "", true);
  done(answer);
}

/** Judge the files that the reader gave. */
async function judgeFiles(): Promise<void> {
  const { bundle } = held;
  if (!bundle) {
    run += 1;
    report = null;
    clearVerdict();
    return;
  }
  part("progress").hidden = false;
  try {
    if (looksLikeSuccession(bundle)) {
      await judgeTheSuccession(bundle);
      return;
    }
    const answer = await answerTo(
      ofBundle(() => {
        if (bundle.length === 0) throw new Malformed("the file is empty");
        if (bundle.length > MOST_BYTES)
          throw new Cannot("the bundle has more than 1 GiB; take the verifier in Python");
        members = readArchive(bundle);
        return members;
      }),
    );
    report = answer instanceof Refused ? null : answer;
    drawFindings(answer);
    if (report) {
      drawDeliveries(report, part<HTMLInputElement>("item").value);
      drawEvents(report, part<HTMLInputElement>("wanted").value, choose);
      part<HTMLInputElement>("index").value = String(report.events[0]?.index ?? report.tally.first ?? 0);
      offer();
    } else drawVerdict(answer, "");
    done(answer);
  } catch (error) {
    if (!(error instanceof Superseded)) throw error;
  }
}

/** Take an event from the list to where its bytes can be changed. */
function choose(event: Event): void {
  part<HTMLInputElement>("index").value = String(event.index);
  if (part<HTMLSelectElement>("piece").value === "checkpoint")
    part<HTMLSelectElement>("piece").value = "line";
  offer();
  part("trial").scrollIntoView({ block: "start" });
  part("bytes").focus();
}

/** Say, to people's tools too, that an answer stands there. */
function done(answer: Answer): void {
  part("progress").hidden = true;
  const root = document.documentElement;
  root.dataset["verdict"] = String(answer.verdict);
  root.dataset["checked"] = String(Number(root.dataset["checked"] ?? "0") + 1);
}

/** Show the bytes of the chosen piece, to be changed. */
function offer(): void {
  if (!report || !members) return;
  const piece = part<HTMLSelectElement>("piece").value as Piece;
  const field = part<HTMLTextAreaElement>("bytes");
  const index = Number(part<HTMLInputElement>("index").value);
  const whole = Number.isSafeInteger(index) && index >= 0;
  place = whole ? placeOf(members, report.bundle.signed.checkpoint.size, piece, index) : null;
  part("index-row").hidden = piece === "checkpoint";
  field.disabled = place === null;
  field.value = place?.text ?? "";
  part("where").textContent = place
    ? `In the file ${place.member} of the bundle.`
    : "This bundle holds no such piece of that event.";
  run += 1; // whatever is being judged is of bytes that stand here no more
  drawTrial(report, 0);
}

/** Draw the answer to the bundle with so many characters changed. */
function drawTrial(answer: Answer, count: number): void {
  const what = `${count} ${count === 1 ? "character" : "characters"} in ${place?.member ?? ""}`;
  drawVerdict(answer, count === 0 ? "" : `You changed ${what}.`);
  part<HTMLButtonElement>("undo").disabled = count === 0;
  const box = part("trial-verdict");
  box.dataset["tone"] = part("verdict").dataset["tone"];
  fill(
    box,
    `${count === 0 ? "Unchanged" : `Changed ${what}`}: ${part("verdict").querySelector("h2")?.textContent ?? ""}`,
  );
}

/** Judge the bundle with what stands in the field. */
async function judgeTrial(): Promise<void> {
  if (!report || !place) return;
  const { put, text } = place;
  const now = part<HTMLTextAreaElement>("bytes").value;
  try {
    const answer = await answerTo(ofBundle(() => put(now)));
    drawTrial(answer, differing(text, now));
    done(answer);
  } catch (error) {
    if (!(error instanceof Superseded)) throw error;
  }
}

function kindOf(content: Uint8Array): Kind {
  if (looksLikePin(content)) return "pin";
  return looksTrusted(content) ? "tsa" : "bundle";
}

async function take(file: File, wanted: Kind | null): Promise<void> {
  const content = new Uint8Array(await file.arrayBuffer());
  const kind = wanted ?? kindOf(content);
  held[kind] = content;
  part(`${kind}-name`).textContent = `${file.name}, ${content.length.toLocaleString("en")} bytes`;
  await judgeFiles();
}

function start(): void {
  for (const kind of KINDS) {
    const input = part<HTMLInputElement>(kind);
    const nothing = part(`${kind}-name`).textContent;
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      if (file) void take(file, kind);
      else {
        held[kind] = null;
        part(`${kind}-name`).textContent = nothing;
        void judgeFiles();
      }
    });
  }
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    void (async () => {
      for (const file of event.dataTransfer?.files ?? []) await take(file, null);
    })();
  });
  part("item").addEventListener("input", () => {
    if (report) drawDeliveries(report, part<HTMLInputElement>("item").value);
  });
  part("wanted").addEventListener("input", () => {
    if (report) drawEvents(report, part<HTMLInputElement>("wanted").value, choose);
  });
  for (const id of ["index", "piece"]) part(id).addEventListener("input", offer);
  part("bytes").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(() => void judgeTrial(), WAIT_AFTER_KEY_MS);
  });
  part("undo").addEventListener("click", () => {
    if (place) part<HTMLTextAreaElement>("bytes").value = place.text;
    part("bytes").focus();
    void judgeTrial();
  });
  // A browser that cannot verify says so before anybody looks for their files.
  void requireSound().catch((error: unknown) => {
    if (error instanceof Refused) drawVerdict(error, "");
  });
}

start();
