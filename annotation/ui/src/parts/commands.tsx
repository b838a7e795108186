/** Commands of a part while it is mounted and has the keys, and keys printed on buttons. */
import { useEffect } from "preact/hooks";
import { type Command, keys } from "../core/keys";

/** Provide `commands` while `active`; `depends` says when they have changed. */
export function useCommands(commands: () => Command[], active: boolean, depends: readonly unknown[]): void {
  useEffect(() => (active ? keys.provide(commands()) : undefined), [active, ...depends]);
}

/** The key of a command, printed. Hidden from assistive technology: controls carry `aria-keyshortcuts`. */
export function Key({ of }: { of: string }) {
  const key = keys.printed(of);
  return key ? <kbd aria-hidden="true">{key}</kbd> : null;
}
