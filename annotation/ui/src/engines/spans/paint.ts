/**
 * Painting marks onto a surface: by the CSS Custom Highlight API, which changes no element of the page,
 * and, in a browser without it, by `<mark>` elements, block by block.
 *
 * A label's look is a slot of twelve (`c0` to `c11`): a colour and the pattern of its underline. The rules
 * `::highlight(c0-0)` and so on, slot and row, stand in `style/spans.css`.
 */

import type { Mark } from "./marks";
import type { Surface } from "./surface";

export const SLOTS = 12;
export type Look = { readonly slot: number; readonly row: number };
export type Painted = { readonly mark: Mark; readonly look: Look };

export interface Painter {
  /** Show exactly `marks`. Called with the same objects again, it touches only what is new or gone. */
  paint(marks: readonly Painted[]): void;
  /** Show which mark is current, and which stretch is about to be labeled. */
  point(current: Mark | undefined, chosen: { from: number; to: number } | undefined): void;
  clear(): void;
}

export function canHighlight(): boolean {
  return typeof Highlight === "function" && typeof CSS !== "undefined" && "highlights" in CSS;
}

function highlight(name: string, priority: number): Highlight {
  let found = CSS.highlights.get(name);
  if (found === undefined) {
    found = new Highlight();
    found.priority = priority;
    CSS.highlights.set(name, found);
  }
  return found;
}

/** Several texts on one page share the registry: each adds and removes its own ranges only. */
export class HighlightPainter implements Painter {
  private readonly drawn = new Map<Mark, { name: string; range: AbstractRange }>();
  private current: AbstractRange | undefined;
  private chosen: AbstractRange | undefined;

  constructor(private readonly surface: Surface) {}

  paint(marks: readonly Painted[]): void {
    const kept = new Set<Mark>();
    for (const { mark, look } of marks) {
      kept.add(mark);
      const name = `c${look.slot}-${look.row}`;
      const before = this.drawn.get(mark);
      if (before?.name === name) continue;
      if (before !== undefined) CSS.highlights.get(before.name)?.delete(before.range);
      const range = this.range(mark.from, mark.to);
      if (range === undefined) continue;
      highlight(name, 1 + look.row).add(range);
      this.drawn.set(mark, { name, range });
    }
    for (const [mark, { name, range }] of this.drawn) {
      if (kept.has(mark)) continue;
      CSS.highlights.get(name)?.delete(range);
      this.drawn.delete(mark);
    }
  }

  point(current: Mark | undefined, chosen: { from: number; to: number } | undefined): void {
    this.current = this.swap("span-current", 20, this.current, current);
    this.chosen = this.swap("span-chosen", 30, this.chosen, chosen);
  }

  clear(): void {
    this.paint([]);
    this.point(undefined, undefined);
  }

  private swap(
    name: string,
    priority: number,
    before: AbstractRange | undefined,
    stretch: { from: number; to: number } | undefined,
  ): AbstractRange | undefined {
    const shared = highlight(name, priority);
    if (before !== undefined) shared.delete(before);
    const range = stretch && this.range(stretch.from, stretch.to);
    if (range !== undefined) shared.add(range);
    return range;
  }

  private range(from: number, to: number): AbstractRange | undefined {
    const start = this.surface.point(from);
    const end = this.surface.point(to, true);
    if (start === undefined || end === undefined) return undefined;
    return new StaticRange({
      startContainer: start.node,
      startOffset: start.offset,
      endContainer: end.node,
      endOffset: end.offset,
    });
  }
}

/** The same with elements: a block is built anew when something in it has changed. */
export class MarkPainter implements Painter {
  private painted: readonly Painted[] = [];
  private current: Mark | undefined;
  private chosen: { from: number; to: number } | undefined;
  private readonly shown: string[] = [];

  constructor(private readonly surface: Surface) {}

  paint(marks: readonly Painted[]): void {
    this.painted = marks;
    this.draw();
  }

  point(current: Mark | undefined, chosen: { from: number; to: number } | undefined): void {
    this.current = current;
    this.chosen = chosen;
    this.draw();
  }

  clear(): void {
    this.current = undefined;
    this.chosen = undefined;
    this.paint([]);
  }

  private draw(): void {
    const { text, begins, blocks } = this.surface;
    blocks.forEach((block, number) => {
      const from = begins[number]!;
      const to = begins[number + 1] ?? text.length;
      const pieces = this.pieces(from, to);
      const look = pieces.map(({ end, classes }) => `${end}${classes}`).join();
      if ((this.shown[number] ?? `${to}`) === look) return;
      this.shown[number] = look;
      let at = from;
      block.replaceChildren(
        ...pieces.map(({ end, classes }) => {
          const node = document.createTextNode(text.slice(at, end));
          at = end;
          if (classes === "") return node;
          const mark = document.createElement("mark");
          mark.className = classes;
          mark.append(node);
          return mark;
        }),
      );
    });
  }

  private pieces(from: number, to: number): { end: number; classes: string }[] {
    const inside = this.painted.filter(({ mark }) => mark.from < to && from < mark.to);
    const edges = new Set([to]);
    const stretches = [...inside.map(({ mark }) => mark), this.current, this.chosen];
    for (const stretch of stretches) {
      for (const edge of [stretch?.from ?? to, stretch?.to ?? to])
        if (edge > from && edge < to) edges.add(edge);
    }
    let at = from;
    return [...edges]
      .sort((a, b) => a - b)
      .map((end) => {
        const begin = at;
        at = end;
        const over = inside.filter(({ mark }) => mark.from <= begin && end <= mark.to);
        const top = over.at(-1);
        const classes = top === undefined ? [] : [`c${top.look.slot}`, `row-${top.look.row}`];
        if (over.length > 1) classes.push("span-overlap");
        for (const [name, stretch] of [
          ["span-current", this.current],
          ["span-chosen", this.chosen],
        ] as const) {
          if (stretch !== undefined && stretch.from <= begin && end <= stretch.to) classes.push(name);
        }
        return { end, classes: classes.join(" ") };
      });
  }
}
