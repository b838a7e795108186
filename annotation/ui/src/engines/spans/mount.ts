/**
 * The span engine on a page: `mount(host, …)` puts the text into `host` and listens; labels come as commands.
 *
 * In the text: arrows move by word and line, Shift extends, Home and End go to the ends of the line (with Ctrl:
 * of the text), Alt+arrows move the end of the current span and Shift+Alt+arrows its beginning, Delete removes
 * it, Escape lets go. A click chooses a word or a span, Shift+click extends, dragging chooses freely.
 */

import type { Span } from "../../core/types";
import { type Outcome, SpanEditor } from "./editor";
import { SpanList } from "./list";
import { type Mark, rowsOf } from "./marks";
import { canHighlight, HighlightPainter, MarkPainter, type Painter, SLOTS } from "./paint";
import { distance } from "./reveal";
import { said } from "./say";
import { Surface } from "./surface";
import { verticalWord } from "./vertical";

const MOST_FRAMES = 4;

export type SpansOptions = {
  text: string;
  options: readonly { id: string; text: string }[];
  value: readonly Span[];
  overlap?: boolean;
  disabled?: boolean;
  /** Where the list of spans goes: an element with the role of a list. */
  list?: HTMLElement;
  painter?: "highlights" | "marks";
  onChange(value: Span[]): void;
  /** Text for a polite live region; empty takes the last one away. */
  onSay?(text: string): void;
  /** The current span and the chosen text have changed. */
  onPoint?(state: { current: Span | undefined; chosen: string | undefined }): void;
};

export type SpansHandle = {
  value(): Span[];
  /**
   * `label:<id>`, `next`, `previous`, `remove`, `clear`, `word-right|left|up|down` (and `extend-…`),
   * `start-left|right`, `end-left|right`. Returns false when nothing came of it.
   */
  command(name: string): boolean;
  set(value: readonly Span[]): void;
  setDisabled(disabled: boolean): void;
  destroy(): void;
};

export function mount(host: HTMLElement, options: SpansOptions): SpansHandle {
  const mounted = new Mounted(host, options);
  return {
    value: () => mounted.editor.value(),
    command: (name) => mounted.command(name),
    set: (value) => mounted.set(value),
    setDisabled: (disabled) => (mounted.disabled = disabled),
    destroy: () => mounted.destroy(),
  };
}

class Mounted {
  readonly editor: SpanEditor;
  disabled: boolean;
  private readonly surface: Surface;
  private readonly painter: Painter;
  private readonly list: SpanList | undefined;
  private readonly slots: ReadonlyMap<string, number>;
  private readonly names: ReadonlyMap<string, string>;
  private readonly stop = new AbortController();
  private frame = 0;
  private following = 0;
  private shown: readonly Mark[] | undefined;
  private goal: number | undefined;

  constructor(
    private readonly host: HTMLElement,
    private readonly options: SpansOptions,
  ) {
    this.disabled = options.disabled ?? false;
    this.slots = new Map(options.options.map(({ id }, n) => [id, n % SLOTS]));
    this.names = new Map(options.options.map(({ id, text }) => [id, text]));
    this.editor = new SpanEditor(options.text, new Set(this.names.keys()), options.overlap ?? true);
    this.surface = new Surface(host, options.text);
    const marks = options.painter === "marks" || !canHighlight();
    this.painter = marks ? new MarkPainter(this.surface) : new HighlightPainter(this.surface);
    this.list = options.list && new SpanList(options.list, (mark) => this.finish(this.editor.go(mark)));
    const { signal } = this.stop;
    host.addEventListener("keydown", (event) => this.keyed(event), { signal });
    host.addEventListener("mousedown", (event) => event.shiftKey && this.held(event), { signal });
    host.addEventListener("click", (event) => this.clicked(event), { signal });
    host.ownerDocument.addEventListener("selectionchange", () => this.selected(), { signal });
    options.list?.addEventListener("keydown", (event) => this.keyedInList(event), { signal });
    this.set(options.value);
  }

  command(name: string): boolean {
    const { editor } = this;
    const [verb, ...rest] = name.split(":");
    if (verb === "label") return this.change(() => editor.label(rest.join(":")));
    if (verb === "remove") return this.change(() => this.removed());
    if (verb === "next") return this.finish(editor.step(1));
    if (verb === "previous") return this.finish(editor.step(-1));
    if (verb === "clear") return this.finish(editor.clear());
    const motion = /^(word|extend)-(left|right|up|down)$/.exec(name);
    if (motion) return this.moved(motion[2] as Direction, motion[1] === "extend");
    const edge = /^(start|end)-(left|right)$/.exec(name);
    if (edge)
      return this.change(() => editor.adjust(edge[1] as "start" | "end", edge[2] === "right" ? 1 : -1));
    return false;
  }

  set(value: readonly Span[]): void {
    this.editor.set(value);
    this.show();
  }

  destroy(): void {
    this.stop.abort();
    cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.following);
    this.surface.destroy();
    this.painter.clear();
    this.list?.destroy();
    this.host.replaceChildren();
  }

  /** Run a verb that changes spans; the same as any other when nothing has changed. */
  private change(verb: () => Outcome): boolean {
    if (this.disabled) return false;
    const before = this.editor.marks;
    const outcome = verb();
    const changed = before !== this.editor.marks;
    if (changed) this.dropSelection();
    const done = this.finish(outcome);
    if (changed) this.options.onChange(this.editor.value());
    return done;
  }

  private removed(): Outcome {
    const { editor, list } = this;
    const at = editor.current === undefined ? -1 : editor.marks.indexOf(editor.current);
    const outcome = editor.remove();
    // In the list, the focus goes on to the span that took this one's place.
    if (outcome.did === "removed" && list?.hasFocus()) {
      const next = editor.marks[at] ?? editor.marks.at(-1);
      this.show();
      if (next !== undefined) editor.go(next);
      list.focus(next);
      if (next === undefined) this.host.focus();
    }
    return outcome;
  }

  private finish(outcome: Outcome): boolean {
    const { editor } = this;
    this.show();
    if (outcome.did !== "nothing") this.follow();
    const name = (id: string) => this.names.get(id) ?? id;
    this.options.onSay?.(said(outcome, this.options.text, name, editor.marks.length));
    return outcome.did !== "nothing";
  }

  /**
   * Bring the current span, or the caret, into view with the next frame: by then all that this turn changes is
   * in the page, and everything is measured before anything is scrolled, so that it is laid out once. What was
   * off the screen may turn out larger or smaller than it was taken for: then the next frame corrects.
   */
  private follow(left = MOST_FRAMES): void {
    cancelAnimationFrame(this.following);
    this.following = requestAnimationFrame(() => {
      const { current, caret } = this.editor;
      const stretch = current ?? caret;
      const away = stretch && distance(this.host, this.surface.range(stretch.from, stretch.to));
      const inList = current === undefined ? 0 : (this.list?.distance(current) ?? 0);
      away?.scroller.scrollBy({ top: away.top });
      if (inList !== 0) this.list?.scrollBy(inList);
      if (left > 1 && (away !== undefined || inList !== 0)) this.follow(left - 1);
    });
  }

  private show(): void {
    const { editor } = this;
    if (this.shown !== editor.marks) this.showMarks();
    this.painter.point(editor.current, editor.chosen);
    this.list?.point(editor.current);
    const { current, chosen } = editor;
    this.options.onPoint?.({
      current: current && editor.spanOf(current),
      chosen: chosen && this.options.text.slice(chosen.from, chosen.to),
    });
  }

  private showMarks(): void {
    const { editor } = this;
    this.shown = editor.marks;
    const rows = rowsOf(editor.marks);
    const slot = (mark: Mark) => this.slots.get(mark.label) ?? 0;
    this.painter.paint(editor.marks.map((mark, n) => ({ mark, look: { slot: slot(mark), row: rows[n]! } })));
    this.list?.show(
      editor.marks.map((mark) => {
        const { start, end, quote } = editor.spanOf(mark);
        return { mark, slot: slot(mark), label: this.names.get(mark.label) ?? mark.label, quote, start, end };
      }),
    );
  }

  private keyed(event: KeyboardEvent): void {
    const arrow = /^Arrow(Left|Right|Up|Down)$/.exec(event.key)?.[1]?.toLowerCase() as Direction | undefined;
    let done: boolean | undefined;
    if (arrow !== undefined && event.altKey) {
      if (arrow === "left" || arrow === "right")
        done = this.command(`${event.shiftKey ? "start" : "end"}-${arrow}`);
    } else if (arrow !== undefined && !event.ctrlKey && !event.metaKey) {
      done = this.moved(arrow, event.shiftKey);
    } else if (event.key === "Home" || event.key === "End") {
      done = this.toEnd(event.key === "Home" ? -1 : 1, event.ctrlKey || event.metaKey, event.shiftKey);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      done = this.command("remove");
    } else if (event.key === "Escape" && (this.editor.chosen ?? this.editor.current) !== undefined) {
      this.dropSelection();
      done = this.command("clear");
    }
    if (done === undefined) return;
    event.preventDefault();
    event.stopPropagation();
  }

  private keyedInList(event: KeyboardEvent): void {
    const arrow = /^Arrow(Left|Right)$/.exec(event.key)?.[1]?.toLowerCase();
    if (event.key === "Delete" || event.key === "Backspace") this.command("remove");
    else if (arrow !== undefined && event.altKey)
      this.command(`${event.shiftKey ? "start" : "end"}-${arrow}`);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private moved(direction: Direction, extend: boolean): boolean {
    const { editor } = this;
    this.dropSelection();
    if (direction === "left" || direction === "right") {
      this.goal = undefined;
      // In a text from right to left the next word is to the left.
      const forward = direction === "right" ? 1 : -1;
      const step = this.rightToLeft() ? (-forward as 1 | -1) : forward;
      return this.finish(editor.moveTo(editor.wordBeside(step), extend));
    }
    const step = direction === "down" ? 1 : -1;
    const place = editor.caret ?? editor.current;
    if (place === undefined) return this.finish(editor.moveTo(editor.wordBeside(step), extend));
    const found = verticalWord(this.surface, editor.words, place, step, this.goal);
    this.goal = found?.goal;
    return this.finish(editor.moveTo(found?.word, extend));
  }

  private toEnd(step: 1 | -1, whole: boolean, extend: boolean): boolean {
    const { editor } = this;
    const place = editor.caret ?? editor.current;
    const line = this.surface.line(place?.from ?? 0);
    const { from, to } = whole ? { from: 0, to: editor.text.length } : line;
    this.dropSelection();
    return this.finish(editor.moveTo(step < 0 ? editor.words.after(from) : editor.words.before(to), extend));
  }

  private rightToLeft(): boolean {
    const place = this.editor.caret ?? this.editor.current ?? { from: 0, to: 0 };
    const { from, to } = this.surface.line(place.from);
    const letter = /[\p{L}]/u.exec(this.options.text.slice(from, Math.min(to, from + 500)))?.[0] ?? "";
    return /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(
      letter,
    );
  }

  private clicked(event: MouseEvent): void {
    if (event.shiftKey || event.button !== 0) return;
    // The end of a drag is a click too; a double click has chosen a word already.
    if (!document.getSelection()?.isCollapsed && this.selectionInside()) return;
    this.goal = undefined;
    const at = this.unitUnder(event);
    if (at === undefined) this.finish(this.editor.clear());
    else this.finish(this.editor.press(at, false));
  }

  private held(event: MouseEvent): void {
    event.preventDefault();
    this.host.focus({ preventScroll: true });
    this.dropSelection();
    const at = this.unitUnder(event);
    if (at !== undefined) this.finish(this.editor.press(at, true));
  }

  /** The unit of the letter under the pointer; the place that the browser finds may be the letter's far side. */
  private unitUnder({ clientX, clientY }: MouseEvent): number | undefined {
    const at = this.surface.under(clientX, clientY);
    if (at === undefined) return undefined;
    const before = this.editor.words.characterStart(at);
    if (this.surface.covers(before, at, clientX, clientY)) return before;
    const after = this.editor.words.characterEnd(at);
    return this.surface.covers(at, after, clientX, clientY) ? at : undefined;
  }

  /** Follow the browser's own selection: a drag, a double click, the handles of a touch screen. */
  private selected(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      const selection = document.getSelection();
      if (selection === null || selection.isCollapsed || !this.selectionInside()) return;
      const range = selection.getRangeAt(0);
      const from = this.surface.offset(range.startContainer, range.startOffset);
      const to = this.surface.offset(range.endContainer, range.endOffset);
      if (from === undefined || to === undefined || from === to) return;
      this.editor.chooseMeant(from, to);
      this.show();
    });
  }

  private selectionInside(): boolean {
    const selection = document.getSelection();
    if (selection === null || selection.rangeCount === 0) return false;
    const range = selection.getRangeAt(0);
    return this.host.contains(range.startContainer) && this.host.contains(range.endContainer);
  }

  private dropSelection(): void {
    cancelAnimationFrame(this.frame);
    if (this.selectionInside()) document.getSelection()!.removeAllRanges();
  }
}

type Direction = "left" | "right" | "up" | "down";
