/** Commands of a part while it is mounted and has the keys, and keys printed on buttons. */
import { useLayoutEffect } from "preact/hooks";
import { type Command, keys } from "../core/keys";

/**
 * Provide `commands` while `active`; `depends` says when they have changed. In the same turn as the drawing, so
 * that a key pressed right after another finds the question that has the keys by then.
 */
export function useCommands(commands: () => Command[], active: boolean, depends: readonly unknown[]): void {
  useLayoutEffect(() => (active ? keys.provide(commands()) : undefined), [active, ...depends]);
}

/**
 * The key of a command, printed. Hidden from assistive technology: controls carry `aria-keyshortcuts`.
 * Without the keys (`active` false) its place stays, so that nothing moves when they come back.
 */
export function Key({ of, own = "", active = true }: { of: string; own?: string; active?: boolean }) {
  const key = (active && keys.printed(of)) || own;
  if (!key) return null;
  return (
    <kbd class={active ? "key" : "key key-away"} aria-hidden="true">
      {key.length === 1 ? key.toUpperCase() : key}
    </kbd>
  );
}

/** For `aria-keyshortcuts`: only while the key works. */
export function shortcut(of: string, active: boolean): string | undefined {
  return (active && keys.printed(of)) || undefined;
}
