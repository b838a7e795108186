/**
 * The spans as a list of buttons: what a screen reader has of them, and the way to each by keyboard.
 *
 * Rows stand in shelves of a few dozen, so that one more or less lays out one shelf and not a thousand rows; the
 * browser leaves out shelves off the screen (`style/spans.css`). Shelves have no role: it stays one list.
 */

import type { Mark } from "./marks";

export type Row = {
  readonly mark: Mark;
  readonly slot: number;
  readonly label: string;
  readonly quote: string;
  readonly start: number;
  readonly end: number;
};

const MOST_QUOTE = 80;
/** Rows of a shelf before it is cut in two. */
export const SHELF_ROWS = 48;

/** The quoted text on one line, for the eye; the span itself keeps every character. */
export function shortQuote(quote: string): string {
  const line = quote.replace(/\s+/gu, " ");
  const letters = [...line];
  return letters.length <= MOST_QUOTE ? line : `${letters.slice(0, MOST_QUOTE - 1).join("")}…`;
}

export class SpanList {
  private readonly rows = new Map<Mark, HTMLElement>();
  private readonly marks = new WeakMap<Element, Mark>();
  private current: Mark | undefined;
  /** The one button in the way of Tab. */
  private stop: HTMLElement | undefined;

  constructor(
    private readonly host: HTMLElement,
    private readonly onChoose: (mark: Mark) => void,
  ) {
    host.addEventListener("click", this.clicked);
    host.addEventListener("keydown", this.pressed);
  }

  /** Show exactly `rows`, in order; elements of rows that stay are kept, and so is the focus on them. */
  show(rows: readonly Row[]): void {
    const kept = new Set(rows.map(({ mark }) => mark));
    for (const [mark, item] of this.rows) {
      if (kept.has(mark)) continue;
      const shelf = item.parentElement!;
      item.remove();
      if (shelf.firstElementChild === null) shelf.remove();
      this.rows.delete(mark);
    }
    let before: HTMLElement | null = null;
    let next = this.first();
    for (const row of rows) {
      let item = this.rows.get(row.mark);
      if (item === undefined) {
        item = this.build(row);
        this.rows.set(row.mark, item);
        this.marks.set(item, row.mark);
      }
      if (item === next) next = beside(item, 1);
      else this.put(item, before);
      before = item;
    }
  }

  /** Tell which row is current; only it is in the way of Tab, arrows go to the others. */
  point(current: Mark | undefined): void {
    if (current !== this.current) this.button(this.current)?.removeAttribute("aria-current");
    this.current = current;
    const button = this.button(current);
    if (button?.hasAttribute("aria-current") === false) button.setAttribute("aria-current", "true");
    const stop = button ?? (this.first()?.firstElementChild as HTMLElement | undefined);
    if (stop === this.stop) return;
    this.stop?.setAttribute("tabindex", "-1");
    stop?.setAttribute("tabindex", "0");
    this.stop = stop;
  }

  /** How far the list itself has to be scrolled to show the row of `mark`. Reads the layout, changes nothing. */
  distance(mark: Mark): number {
    const item = this.rows.get(mark);
    if (item === undefined) return 0;
    const [row, box] = [item.getBoundingClientRect(), this.host.getBoundingClientRect()];
    if (row.top < box.top) return row.top - box.top;
    return row.bottom > box.bottom ? row.bottom - box.bottom : 0;
  }

  scrollBy(top: number): void {
    this.host.scrollBy({ top });
  }

  hasFocus(): boolean {
    return this.host.contains(document.activeElement);
  }

  focus(mark: Mark | undefined): void {
    (this.button(mark) ?? this.host.querySelector("button"))?.focus();
  }

  destroy(): void {
    this.host.removeEventListener("click", this.clicked);
    this.host.removeEventListener("keydown", this.pressed);
    this.host.replaceChildren();
  }

  private first(): HTMLElement | null {
    return (this.host.firstElementChild?.firstElementChild ?? null) as HTMLElement | null;
  }

  /** Put `item` after another one, or first; a shelf that is too full by then is cut in two. */
  private put(item: HTMLElement, before: HTMLElement | null): void {
    if (before !== null) before.after(item);
    else if (this.host.firstElementChild !== null) this.host.firstElementChild.prepend(item);
    else {
      const shelf = this.host.ownerDocument.createElement("div");
      shelf.className = "span-shelf";
      shelf.setAttribute("role", "none");
      this.host.append(shelf);
      shelf.append(item);
    }
    const shelf = item.parentElement!;
    if (shelf.childElementCount <= SHELF_ROWS) return;
    const rest = shelf.cloneNode() as HTMLElement;
    // At the end of a list that grows, the full shelf stays as it is.
    const full = item === shelf.lastElementChild ? SHELF_ROWS : SHELF_ROWS / 2;
    rest.append(...[...shelf.children].slice(full));
    shelf.after(rest);
  }

  private button(mark: Mark | undefined): HTMLElement | undefined {
    return mark && (this.rows.get(mark)?.firstElementChild as HTMLElement | undefined);
  }

  private build(row: Row): HTMLElement {
    const item = document.createElement("div");
    item.setAttribute("role", "listitem");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "span-row";
    button.tabIndex = -1;
    button.append(
      part("span-tag", row.label, `c${row.slot}`),
      part("span-quote", shortQuote(row.quote)),
      part("span-place", `${row.start}–${row.end}`),
    );
    item.append(button);
    return item;
  }

  private readonly clicked = (event: Event): void => {
    const mark = this.markOf(rowAt(event.target));
    if (mark !== undefined) this.onChoose(mark);
  };

  private readonly pressed = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const item = rowAt(event.target);
    if (step === 0 || item === null || event.altKey || event.ctrlKey || event.metaKey) return;
    const mark = this.markOf(beside(item, step));
    event.preventDefault();
    event.stopPropagation();
    if (mark === undefined) return;
    this.onChoose(mark);
    this.button(mark)?.focus();
  };

  private markOf(item: Element | null): Mark | undefined {
    return item === null ? undefined : this.marks.get(item);
  }
}

function rowAt(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('[role="listitem"]') : null;
}

/** The row before or after `item`, on its shelf or the one beside it. */
function beside(item: HTMLElement, step: 1 | -1): HTMLElement | null {
  const shelf = item.parentElement;
  const near =
    step > 0
      ? (item.nextElementSibling ?? shelf?.nextElementSibling?.firstElementChild)
      : (item.previousElementSibling ?? shelf?.previousElementSibling?.lastElementChild);
  return (near ?? null) as HTMLElement | null;
}

function part(name: string, text: string, ...more: string[]): HTMLElement {
  const element = document.createElement("span");
  element.className = [name, ...more].join(" ");
  element.textContent = text;
  return element;
}
