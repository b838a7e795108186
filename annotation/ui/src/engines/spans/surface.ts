/**
 * The text as it stands on the page, unit for unit, and the way from a place in it to a place in the DOM.
 *
 * The text is cut after line feeds into blocks, which changes nothing that can be seen: a line feed at the
 * end of a block adds no line. What is in the DOM is the stored text: nothing is normalised or left out.
 */

export type Point = { readonly node: Text; readonly offset: number };

const BLOCK_UNITS = 1500;
/** From this length on, blocks off the screen are left out of painting, once their sizes are known. */
const LONG_UNITS = 10_000;
/** From this length on, they are not even laid out before they come near the screen. */
const HUGE_UNITS = 120_000;

/** Where the blocks of `text` end: after the first line feed that follows enough text. */
export function cuts(text: string): number[] {
  const ends: number[] = [];
  let begin = 0;
  while (begin < text.length) {
    const feed = text.indexOf("\n", Math.min(begin + BLOCK_UNITS, text.length));
    const end = feed < 0 ? text.length : feed + 1;
    ends.push(end);
    begin = end;
  }
  return ends;
}

export class Surface {
  readonly blocks: HTMLElement[] = [];
  readonly begins: number[] = [];
  private settling = 0;

  constructor(
    readonly host: HTMLElement,
    readonly text: string,
  ) {
    let begin = 0;
    for (const end of cuts(text)) {
      const block = document.createElement("div");
      block.className = "span-block";
      block.append(document.createTextNode(text.slice(begin, end)));
      this.blocks.push(block);
      this.begins.push(begin);
      begin = end;
    }
    host.classList.toggle("span-text-long", text.length > HUGE_UNITS);
    host.replaceChildren(...this.blocks);
    if (text.length > LONG_UNITS && text.length <= HUGE_UNITS) this.settle();
  }

  destroy(): void {
    cancelAnimationFrame(this.settling);
  }

  /** A block keeps the size that it has in the first frame, and is drawn from then on only near the screen. */
  private settle(): void {
    this.settling = requestAnimationFrame(() => {
      this.settling = requestAnimationFrame(() => this.host.classList.add("span-text-long"));
    });
  }

  /** The number of the block that holds the unit at `at`. */
  blockOf(at: number): number {
    let low = 0;
    let high = this.begins.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.begins[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The place in the DOM before unit `at`; with `ending` the end of the unit before it, in its own block. */
  point(at: number, ending = false): Point | undefined {
    if (this.blocks.length === 0) return undefined;
    const number = this.blockOf(ending && at > 0 ? at - 1 : at);
    let rest = at - this.begins[number]!;
    const walker = document.createTreeWalker(this.blocks[number]!, NodeFilter.SHOW_TEXT);
    let last: Text | undefined;
    for (
      let node = walker.nextNode() as Text | null;
      node !== null;
      node = walker.nextNode() as Text | null
    ) {
      if (rest < node.length || (ending && rest <= node.length)) return { node, offset: rest };
      rest -= node.length;
      last = node;
    }
    return last === undefined ? undefined : { node: last, offset: last.length };
  }

  /** The unit at a place in the DOM, or undefined outside this text. */
  offset(node: Node, offset: number): number | undefined {
    if (node === this.host) return offset < this.begins.length ? this.begins[offset] : this.text.length;
    const element = node instanceof Element ? node : node.parentElement;
    const block = element?.closest<HTMLElement>(".span-block");
    const number = block == null ? -1 : this.blocks.indexOf(block);
    if (number < 0) return undefined;
    let before = this.begins[number]!;
    const target = node instanceof Text ? node : (node.childNodes[offset] ?? null);
    if (target === null && node === block) return this.begins[number + 1] ?? this.text.length;
    const walker = document.createTreeWalker(block!, NodeFilter.SHOW_TEXT);
    for (let at = walker.nextNode() as Text | null; at !== null; at = walker.nextNode() as Text | null) {
      if (at === node) return before + offset;
      if (target !== null && target !== node && target.contains(at)) return before;
      before += at.length;
    }
    return before;
  }

  range(from: number, to: number): Range | undefined {
    const start = this.point(from);
    const end = this.point(to, true);
    if (start === undefined || end === undefined) return undefined;
    const range = document.createRange();
    range.setStart(start.node, start.offset);
    range.setEnd(end.node, end.offset);
    return range;
  }

  /** The unit under a point of the window, or undefined beside the text. */
  under(x: number, y: number): number | undefined {
    const found = caretAt(x, y);
    return found === undefined ? undefined : this.offset(found.node, found.offset);
  }

  /** True when the point of the window lies on ink of `from..to`, and not merely beside it on the line. */
  covers(from: number, to: number, x: number, y: number): boolean {
    const rects = this.range(from, to)?.getClientRects() ?? [];
    for (const rect of rects) {
      if (x >= rect.left - 1 && x <= rect.right + 1 && y >= rect.top - 6 && y <= rect.bottom + 6) return true;
    }
    return false;
  }

  /** The beginning and the end of the stored line that holds `at`. */
  line(at: number): { from: number; to: number } {
    const end = this.text.indexOf("\n", at);
    return {
      from: at === 0 ? 0 : this.text.lastIndexOf("\n", at - 1) + 1,
      to: end < 0 ? this.text.length : end,
    };
  }
}

function caretAt(x: number, y: number): { node: Node; offset: number } | undefined {
  if ("caretPositionFromPoint" in document) {
    const found = document.caretPositionFromPoint(x, y);
    return found === null ? undefined : { node: found.offsetNode, offset: found.offset };
  }
  const range = (
    document as Document & { caretRangeFromPoint?(x: number, y: number): Range | null }
  ).caretRangeFromPoint?.(x, y);
  return range == null ? undefined : { node: range.startContainer, offset: range.startOffset };
}
