/**
 * One table of commands: what handles keys, prints them on buttons, lists them in the `?` sheet and remaps them.
 * No command runs inside a text field or under a dialog, unless it is a chord meant for that (`inText`).
 */
import { computed, signal } from "@preact/signals";

export type Command = {
  /** Fixed and free of content: `skip`, `spans.next`, `option.3`. Remapped keys are kept under it. */
  id: string;
  label: string;
  /** As printed: `S`, `1`, `Enter`, `[`. Case does not matter. Empty: no single key. */
  key: string;
  run(): void;
  group: "answer" | "task" | "view";
  /** With Ctrl or Command: `z`, `shift+z`, `enter`. Works with single keys switched off. */
  chord?: string;
  /** Its chord also works while a text field has the focus. */
  inText?: boolean;
  /** Holding the key repeats it. */
  repeats?: boolean;
  /** Its key comes from the label schema and stays. */
  fixed?: boolean;
  /** It lasts while its key is held; this ends it. */
  release?(): void;
  enabled?(): boolean;
};
export type Mode = "on" | "alt" | "off";

const KEPT = "ringfence.keymap";
const NOT_TEXT = new Set([
  "checkbox",
  "radio",
  "button",
  "submit",
  "reset",
  "file",
  "range",
  "color",
  "image",
]);

export class Keys {
  private readonly provided = signal<readonly (readonly Command[])[]>([]);
  private held: { command: Command; code: string } | null = null;
  private readonly remapped = signal<Readonly<Record<string, string>>>(readKept());
  /** All commands of now; what was provided last comes first. */
  readonly commands = computed(() => [...this.provided.value].reverse().flat());
  private readonly table = computed(() => tableOf(this.commands.value, this.remapped.value));

  /** Add commands; returns what takes them away again. */
  provide(commands: readonly Command[]): () => void {
    this.provided.value = [...this.provided.peek(), commands];
    return () => {
      this.provided.value = this.provided.peek().filter((other) => other !== commands);
    };
  }

  /** The key of a command as printed, or nothing while it has none. */
  printed(id: string): string {
    return this.table.value.keyOf.get(id) ?? "";
  }

  /** Run a command as if its key had been pressed. */
  run(id: string): boolean {
    const command = this.commands.peek().find((one) => one.id === id);
    if (!command || command.enabled?.() === false) return false;
    command.run();
    return true;
  }

  /** Give a command another key, or its own again (`null`). Returns what has that key already, and then changes nothing. */
  remap(id: string, key: string | null): Command | null {
    const map = { ...this.remapped.peek() };
    if (key === null) delete map[id];
    else map[id] = key;
    const wanted = (key ?? this.commands.peek().find((one) => one.id === id)?.key ?? "").toLowerCase();
    const holder = this.commands
      .peek()
      .find((one) => one.id !== id && wanted && this.printed(one.id).toLowerCase() === wanted);
    if (holder) return holder;
    this.remapped.value = map;
    keep(map);
    return null;
  }

  isRemapped(id: string): boolean {
    return id in this.remapped.value;
  }

  resetAll(): void {
    this.remapped.value = {};
    keep({});
  }

  /** Listen on a document or a part of it; returns what stops it. */
  listen(target: Document | HTMLElement): () => void {
    const onKey = (event: Event) => this.handle(event as KeyboardEvent);
    const onUp = (event: Event) => (event as KeyboardEvent).code === this.held?.code && this.release();
    // Who goes to another window lets go there.
    const onBlur = () => this.release();
    target.addEventListener("keydown", onKey);
    target.addEventListener("keyup", onUp);
    addEventListener("blur", onBlur);
    return () => {
      target.removeEventListener("keydown", onKey);
      target.removeEventListener("keyup", onUp);
      removeEventListener("blur", onBlur);
      this.release();
    };
  }

  handle(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const command = event.ctrlKey || event.metaKey ? this.byChord(event) : this.byKey(event);
    if (!command || (event.repeat && !command.repeats) || command.enabled?.() === false) return;
    event.preventDefault();
    if (command.release) {
      this.release();
      this.held = { command, code: event.code };
    }
    command.run();
  }

  private release(): void {
    const { held } = this;
    this.held = null;
    held?.command.release?.();
  }

  private byChord(event: KeyboardEvent): Command | undefined {
    if (event.altKey) return undefined;
    const chord = `${event.shiftKey ? "shift+" : ""}${event.key.toLowerCase()}`;
    return this.commands.peek().find((one) => one.chord === chord && (one.inText || !writes(event.target)));
  }

  private byKey(event: KeyboardEvent): Command | undefined {
    // No character: it leaves a text field, and works with single keys switched off.
    if (event.key === "Escape") return this.table.peek().byKey.get("escape");
    const mode = modeOfKeys();
    if (mode === "off" || event.altKey !== (mode === "alt") || writes(event.target)) return undefined;
    // Enter and Space on a link or button mean that link or button.
    const control = event.target instanceof Element && event.target.closest("a, button, summary");
    if (control && (event.key === "Enter" || event.key === " ")) return undefined;
    return this.table.peek().byKey.get(pressed(event));
  }
}

/** The one table of the page. */
export const keys = new Keys();

/** As chosen under Display, which is shared with all pages. */
export function modeOfKeys(): Mode {
  const chosen = document.documentElement.dataset.keys;
  return chosen === "alt" || chosen === "off" ? chosen : "on";
}

/** The key as printed: with Alt, or on a keyboard of another script, the place of the key decides. */
export function pressed(event: KeyboardEvent): string {
  const place = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code)?.[1];
  const own = /^[\x20-\x7e]$/.test(event.key) && !event.altKey;
  return (place && !own && event.key.length === 1 ? place : event.key).toLowerCase();
}

export function writes(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !NOT_TEXT.has(target.type);
  return target.isContentEditable || target.matches("textarea, select, [contenteditable]");
}

type Table = { byKey: Map<string, Command>; keyOf: Map<string, string> };

/** Keys of the schema first, then remapped ones, then defaults; what finds its key taken goes back to its own or has none. */
function tableOf(commands: readonly Command[], remapped: Readonly<Record<string, string>>): Table {
  const byKey = new Map<string, Command>();
  const keyOf = new Map<string, string>();
  const give = (command: Command, key: string) => {
    if (!key || keyOf.has(command.id) || byKey.has(key.toLowerCase())) return;
    byKey.set(key.toLowerCase(), command);
    keyOf.set(command.id, key);
  };
  for (const command of commands) if (command.fixed) give(command, command.key);
  for (const command of commands) if (!command.fixed) give(command, remapped[command.id] ?? "");
  for (const command of commands) if (!command.fixed) give(command, command.key);
  return { byKey, keyOf };
}

function readKept(): Record<string, string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter(([, key]) => typeof key === "string"));
  } catch {
    return {};
  }
}

function keep(map: Record<string, string>): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify(map));
  } catch {
    // Without storage the keys last for this page.
  }
}
