/** The spans as a list of buttons: what a screen reader has of them, and the way to each by keyboard. */

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

/** The quoted text on one line, for the eye; the span itself keeps every character. */
export function shortQuote(quote: string): string {
  const line = quote.replace(/\s+/gu, " ");
  const letters = [...line];
  return letters.length <= MOST_QUOTE ? line : `${letters.slice(0, MOST_QUOTE - 1).join("")}…`;
}

export class SpanList {
  private readonly rows = new Map<Mark, { item: HTMLLIElement; text: string }>();
  private current: Mark | undefined;

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
    for (const [mark, { item }] of this.rows) {
      if (kept.has(mark)) continue;
      item.remove();
      this.rows.delete(mark);
    }
    let next = this.host.firstElementChild;
    for (const row of rows) {
      let known = this.rows.get(row.mark);
      if (known === undefined) {
        known = { item: this.build(row), text: "" };
        this.rows.set(row.mark, known);
      }
      if (known.item === next) next = next.nextElementSibling;
      else this.host.insertBefore(known.item, next);
    }
  }

  /** Tell which row is current; only it is in the way of Tab, arrows go to the others. */
  point(current: Mark | undefined): void {
    this.button(this.current)?.removeAttribute("aria-current");
    this.current = current;
    this.button(current)?.setAttribute("aria-current", "true");
    const stop = this.button(current) ?? this.host.querySelector("button");
    const before = this.host.querySelector('button[tabindex="0"]');
    if (before !== stop) {
      before?.setAttribute("tabindex", "-1");
      stop?.setAttribute("tabindex", "0");
    }
  }

  scrollTo(mark: Mark): void {
    this.rows.get(mark)?.item.scrollIntoView({ block: "nearest" });
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

  private button(mark: Mark | undefined): HTMLElement | undefined {
    return mark && (this.rows.get(mark)?.item.firstElementChild as HTMLElement | undefined);
  }

  private build(row: Row): HTMLLIElement {
    const item = document.createElement("li");
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
    const mark = this.markOf(event.target);
    if (mark !== undefined) this.onChoose(mark);
  };

  private readonly pressed = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const item = (event.target as Element).closest("li");
    if (step === 0 || item === null || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = step > 0 ? item.nextElementSibling : item.previousElementSibling;
    const mark = this.markOf(next);
    event.preventDefault();
    event.stopPropagation();
    if (mark === undefined) return;
    this.onChoose(mark);
    this.button(mark)?.focus();
  };

  private markOf(target: EventTarget | null): Mark | undefined {
    const item = target instanceof Element ? target.closest("li") : null;
    if (item === null) return undefined;
    for (const [mark, row] of this.rows) if (row.item === item) return mark;
    return undefined;
  }
}

function part(name: string, text: string, ...more: string[]): HTMLElement {
  const element = document.createElement("span");
  element.className = [name, ...more].join(" ");
  element.textContent = text;
  return element;
}
