import { describe, expect, it } from "vitest";
import { SpanEditor } from "../src/engines/spans/editor";
import { markAt, neighbour, rowsOf } from "../src/engines/spans/marks";
import { cuts, Surface } from "../src/engines/spans/surface";
import { Words } from "../src/engines/spans/words";

const FAMILY = "👩‍👩‍👧";
const HARD = `Zoë ${FAMILY} met\r\nשלום עולם in e\u0301té.\u0000 \ud800 and 𝔘 end`;
const LABELS = new Set(["per", "org"]);
const editor = (text: string, overlap = true) => new SpanEditor(text, LABELS, overlap);
const cut = (text: string, { start, end }: { start: number; end: number }) =>
  [...text].slice(start, end).join("");

describe("words", () => {
  it("are found in every script, and white space is none", () => {
    const words = new Words(HARD);
    const found: string[] = [];
    for (let word = words.after(0); word; word = words.after(word.to))
      found.push(HARD.slice(word.from, word.to));
    expect(found).toContain(FAMILY);
    expect(found).toContain("שלום");
    expect(found).toContain("e\u0301té");
    expect(found).toContain("\ud800");
    expect(found.every((word) => word.trim() !== "")).toBe(true);
    const back: string[] = [];
    for (let word = words.before(HARD.length); word; word = words.before(word.from))
      back.unshift(HARD.slice(word.from, word.to));
    expect(back).toEqual(found);
  });

  it("never cut a character in two", () => {
    const words = new Words(`a${FAMILY}b`);
    expect(words.characterEnd(1)).toBe(1 + FAMILY.length);
    expect(words.characterStart(1 + FAMILY.length)).toBe(1);
    expect(words.meant(3, 4)).toEqual({ from: 1, to: 1 + FAMILY.length });
  });

  it("leave out white space at the ends of what was dragged over, unless there is nothing else", () => {
    const words = new Words("ab  cd  ");
    expect(words.meant(1, 5)).toEqual({ from: 1, to: 5 });
    expect(words.meant(2, 8)).toEqual({ from: 4, to: 6 });
    expect(words.meant(2, 4)).toEqual({ from: 2, to: 4 });
  });
});

describe("the editor of spans", () => {
  it("counts code points and quotes exactly, whatever the text holds", () => {
    const spans = editor(HARD);
    for (let word = spans.words.after(0); word; word = spans.words.after(word.to)) {
      spans.moveTo(word, false);
      expect(spans.label("per").did).toBe("added");
    }
    const value = spans.value();
    expect(value.length).toBeGreaterThan(8);
    for (const span of value) expect(cut(HARD, span)).toBe(span.quote);
    const again = editor(HARD);
    again.set(value);
    expect(again.value()).toEqual(value);
  });

  it("moves word by word, extends, and labels what is chosen", () => {
    const spans = editor("Alice met Bob Smith today");
    spans.moveTo(spans.wordBeside(1), false);
    spans.moveTo(spans.wordBeside(1), false);
    spans.moveTo(spans.wordBeside(1), false);
    spans.moveTo(spans.wordBeside(1), true);
    spans.label("per");
    expect(spans.value()).toEqual([{ start: 10, end: 19, quote: "Bob Smith", label: "per" }]);
    expect(spans.current).toBeDefined();
    expect(spans.label("org").did).toBe("relabeled");
    expect(spans.value()[0]?.label).toBe("org");
    expect(spans.wordBeside(1)).toEqual({ from: 20, to: 25 });
  });

  it("keeps spans sorted by start, end and label", () => {
    const spans = editor("one two three");
    spans.set([
      { start: 4, end: 7, quote: "two", label: "per" },
      { start: 0, end: 7, quote: "one two", label: "per" },
      { start: 0, end: 3, quote: "one", label: "per" },
      { start: 0, end: 3, quote: "one", label: "org" },
    ]);
    expect(spans.value().map(({ start, end, label }) => `${start}-${end} ${label}`)).toEqual([
      "0-3 org",
      "0-3 per",
      "0-7 per",
      "4-7 per",
    ]);
  });

  it("refuses overlaps only where the schema does, and the same span twice always", () => {
    for (const overlap of [true, false]) {
      const spans = editor("Alice Smith", overlap);
      spans.choose(0, 11);
      spans.label("per");
      spans.choose(0, 5);
      expect(spans.label("org").did).toBe(overlap ? "added" : "nothing");
      spans.choose(0, 11);
      expect(spans.label("per")).toEqual({ did: "nothing", why: "there-already" });
      expect(spans.marks.length).toBe(overlap ? 2 : 1);
    }
  });

  it("moves edges by whole characters, stops at the ends, and does not turn inside out", () => {
    const spans = editor(`a${FAMILY}b`);
    spans.choose(0, 1);
    spans.label("per");
    spans.adjust("end", 1);
    expect(spans.value()).toEqual([{ start: 0, end: 6, quote: `a${FAMILY}`, label: "per" }]);
    spans.adjust("start", 1);
    expect(spans.value()[0]?.quote).toBe(FAMILY);
    expect(spans.adjust("start", 1).did).toBe("nothing");
    spans.adjust("end", 1);
    expect(spans.adjust("end", 1).did).toBe("nothing");
    expect(spans.value()[0]).toEqual({ start: 1, end: 7, quote: `${FAMILY}b`, label: "per" });
  });

  it("goes round the spans, and removes the current one only", () => {
    const spans = editor("one two three");
    for (const [from, to] of [
      [0, 3],
      [4, 7],
      [8, 13],
    ] as const) {
      spans.choose(from, to);
      spans.label("per");
    }
    spans.step(1);
    expect(spans.current?.from).toBe(0);
    spans.step(-1);
    expect(spans.current?.from).toBe(8);
    spans.remove();
    expect(spans.value().map(({ quote }) => quote)).toEqual(["one", "two"]);
    expect(spans.remove()).toEqual({ did: "nothing", why: "no-span" });
  });

  it("takes a click for the span there, a second one for the word", () => {
    const spans = editor("Alice Smith met");
    spans.choose(0, 11);
    spans.label("per");
    spans.clear();
    spans.clear();
    expect(spans.press(2, false).did).toBe("went");
    expect(spans.press(2, false)).toEqual({ did: "chose", stretch: { from: 0, to: 5 } });
    expect(spans.press(13, true)).toEqual({ did: "chose", stretch: { from: 0, to: 15 } });
  });

  it("keeps the objects of spans that stay, so that little is painted", () => {
    const spans = editor("one two");
    spans.choose(0, 3);
    spans.label("per");
    const [mark] = spans.marks;
    spans.set([...spans.value(), { start: 4, end: 7, quote: "two", label: "org" }]);
    expect(spans.marks[0]).toBe(mark);
  });
});

describe("marks", () => {
  it("stand in rows where they overlap", () => {
    const marks = [
      { from: 0, to: 10, label: "a" },
      { from: 2, to: 4, label: "a" },
      { from: 3, to: 5, label: "a" },
      { from: 4, to: 6, label: "a" },
      { from: 10, to: 12, label: "a" },
    ];
    expect(rowsOf(marks)).toEqual([0, 1, 2, 1, 0]);
    expect(markAt(marks, 3)).toBe(marks[1]);
    expect(markAt(marks, 3, marks[1])).toBe(marks[2]);
    expect(neighbour(marks, undefined, 5, 1)).toBe(marks[4]);
    expect(neighbour([], undefined, 0, 1)).toBeUndefined();
  });
});

describe("the surface", () => {
  it("holds the text unit for unit, and every place leads there and back", () => {
    const text = HARD.repeat(60);
    const host = document.createElement("div");
    const surface = new Surface(host, text);
    expect(surface.blocks.length).toBeGreaterThan(1);
    expect(host.textContent).toBe(text);
    for (let at = 0; at <= text.length; at += 7) {
      const point = surface.point(at)!;
      expect(surface.offset(point.node, point.offset)).toBe(at);
    }
  });

  it("cuts only after line feeds", () => {
    const text = `${"x".repeat(4000)}\n${"y".repeat(10)}\nz`;
    expect(cuts(text)).toEqual([4001, text.length]);
    expect(cuts("")).toEqual([]);
  });
});
