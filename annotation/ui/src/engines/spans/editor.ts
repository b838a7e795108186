/**
 * The state of marking one text: its marks, the current one, the stretch chosen for a label, and every verb
 * on them. Knows no page: what is said and shown is the caller's.
 */

import { TextMap } from "../../core/text";
import type { Span } from "../../core/types";
import { compareMarks, type Mark, markAt, neighbour, placeOf, sameMark, touching } from "./marks";
import { type Stretch, Words } from "./words";

export type Edge = "start" | "end";
/** What came of a verb. `nothing` names why nothing has changed. */
export type Outcome =
  | { did: "added" | "relabeled" | "moved" | "removed" | "went"; mark: Mark }
  | { did: "chose"; stretch: Stretch }
  | { did: "cleared" }
  | {
      did: "nothing";
      why: "no-choice" | "overlap" | "there-already" | "no-span" | "end-of-text" | "no-label";
    };

const NO_SPAN: Outcome = { did: "nothing", why: "no-span" };

export class SpanEditor {
  readonly words: Words;
  readonly map: TextMap;
  /** Sorted; replaced as a whole by each change. */
  marks: readonly Mark[] = [];
  current: Mark | undefined;
  /** Where the choice began and where it stands: two words, or one stretch twice. */
  private anchor: Stretch | undefined;
  private focus: Stretch | undefined;
  private readonly wire = new WeakMap<Mark, Span>();

  constructor(
    readonly text: string,
    private readonly labels: ReadonlySet<string>,
    private readonly overlap: boolean,
  ) {
    this.words = new Words(text);
    this.map = new TextMap(text);
  }

  /** The stretch that the next label goes to. */
  get chosen(): Stretch | undefined {
    const { anchor, focus } = this;
    if (anchor === undefined || focus === undefined) return undefined;
    return { from: Math.min(anchor.from, focus.from), to: Math.max(anchor.to, focus.to) };
  }

  /** The word (or stretch) that the keyboard stands on. */
  get caret(): Stretch | undefined {
    return this.focus;
  }

  value(): Span[] {
    return this.marks.map((mark) => this.spanOf(mark));
  }

  spanOf(mark: Mark): Span {
    let span = this.wire.get(mark);
    if (span === undefined) {
      const { from, to, label } = mark;
      span = {
        start: this.map.point(from),
        end: this.map.point(to),
        quote: this.text.slice(from, to),
        label,
      };
      this.wire.set(mark, span);
    }
    return span;
  }

  /** Take over spans as stored. Marks that are there already stay the same objects. */
  set(spans: readonly Span[]): void {
    const known = new Map(this.marks.map((mark) => [`${mark.from} ${mark.to} ${mark.label}`, mark]));
    const marks: Mark[] = [];
    for (const { start, end, label } of spans) {
      const [from, to] = [this.map.unit(start), this.map.unit(end)];
      if (start < 0 || from >= to) continue;
      marks.push(known.get(`${from} ${to} ${label}`) ?? { from, to, label });
    }
    this.marks = marks.sort(compareMarks);
    if (this.current !== undefined && !this.marks.includes(this.current)) this.current = undefined;
  }

  choose(from: number, to: number): Outcome {
    if (from >= to) return this.clear();
    this.anchor = this.focus = { from, to };
    this.current = undefined;
    return { did: "chose", stretch: this.anchor };
  }

  /** Choose what somebody has dragged over. */
  chooseMeant(from: number, to: number): Outcome {
    const { from: first, to: last } = this.words.meant(Math.min(from, to), Math.max(from, to));
    return this.choose(first, last);
  }

  /** Move the caret to `word`; with `extend` the choice reaches from where it began to there. */
  moveTo(word: Stretch | undefined, extend: boolean): Outcome {
    if (word === undefined) return { did: "nothing", why: "end-of-text" };
    if (!extend || this.anchor === undefined) this.anchor = word;
    this.focus = word;
    this.current = undefined;
    return { did: "chose", stretch: this.chosen! };
  }

  /** The word that a step from the caret leads to. */
  wordBeside(step: 1 | -1): Stretch | undefined {
    const place = this.focus ?? (this.current && { from: this.current.from, to: this.current.to });
    if (place === undefined) return step > 0 ? this.words.after(0) : this.words.before(this.text.length);
    return step > 0 ? this.words.after(place.to) : this.words.before(place.from);
  }

  /** A click on the unit at `at`: a span there becomes current, a word beside spans is chosen. */
  press(at: number, extend: boolean): Outcome {
    const word = this.words.at(at);
    if (extend) return this.moveTo(word, true);
    const mark = markAt(this.marks, at, this.current);
    const again = mark === undefined || (mark === this.current && markAt(this.marks, at) === mark);
    if (mark !== undefined && !again) return this.go(mark);
    return word === undefined ? this.clear() : this.moveTo(word, false);
  }

  /** Give the chosen stretch, or else the current span, a label. */
  label(label: string): Outcome {
    if (!this.labels.has(label)) return { did: "nothing", why: "no-label" };
    const stretch = this.chosen;
    if (stretch === undefined) {
      if (this.current === undefined) return { did: "nothing", why: "no-choice" };
      return this.replace(this.current, { ...this.current, label }, "relabeled");
    }
    const mark: Mark = { ...stretch, label };
    const there = this.marks.find((other) => sameMark(other, mark));
    if (there !== undefined) {
      this.go(there);
      return { did: "nothing", why: "there-already" };
    }
    if (!this.fits(mark)) return { did: "nothing", why: "overlap" };
    const place = placeOf(this.marks, mark);
    this.marks = [...this.marks.slice(0, place), mark, ...this.marks.slice(place)];
    this.go(mark);
    return { did: "added", mark };
  }

  remove(mark = this.current): Outcome {
    if (mark === undefined) return NO_SPAN;
    this.marks = this.marks.filter((other) => other !== mark);
    if (this.current === mark) this.current = undefined;
    // The keyboard goes on from where the span was.
    this.anchor = this.focus = undefined;
    return { did: "removed", mark };
  }

  /** Move one edge of the current span, or of the chosen stretch, by one character as people count them. */
  adjust(edge: Edge, step: 1 | -1): Outcome {
    const stretch = this.current ?? this.chosen;
    if (stretch === undefined) return NO_SPAN;
    const at = edge === "start" ? stretch.from : stretch.to;
    const moved = step > 0 ? this.words.characterEnd(at) : this.words.characterStart(at);
    const { from, to } =
      edge === "start" ? { from: moved, to: stretch.to } : { from: stretch.from, to: moved };
    if (from >= to || moved === at) return { did: "nothing", why: "end-of-text" };
    if (this.current === undefined) return this.choose(from, to);
    return this.replace(this.current, { from, to, label: this.current.label }, "moved");
  }

  step(step: 1 | -1): Outcome {
    const mark = neighbour(this.marks, this.current, this.focus?.from ?? 0, step);
    return mark === undefined ? NO_SPAN : this.go(mark);
  }

  go(mark: Mark): Outcome {
    this.current = mark;
    this.anchor = this.focus = undefined;
    return { did: "went", mark };
  }

  /** Leave the chosen stretch; without one, the current span. */
  clear(): Outcome {
    if (this.focus === undefined) this.current = undefined;
    this.anchor = this.focus = undefined;
    return { did: "cleared" };
  }

  private replace(old: Mark, mark: Mark, did: "relabeled" | "moved"): Outcome {
    if (sameMark(old, mark)) return { did: "went", mark: old };
    if (this.marks.some((other) => sameMark(other, mark))) return { did: "nothing", why: "there-already" };
    if (!this.fits(mark, old)) return { did: "nothing", why: "overlap" };
    this.marks = this.marks.map((other) => (other === old ? mark : other)).sort(compareMarks);
    this.go(mark);
    return { did, mark };
  }

  private fits(mark: Mark, except?: Mark): boolean {
    return this.overlap || touching(this.marks, mark.from, mark.to, except).length === 0;
  }
}
