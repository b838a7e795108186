/** A short message over the item: one at a time, and for a while. */
import { signal } from "@preact/signals";
import { announce } from "../core/live";

export type Toast = { text: string; undo: boolean; tone?: "warn" };

const TOAST_MS = 10_000;

export class Said {
  readonly toast = signal<Toast | null>(null);
  private timer: ReturnType<typeof setTimeout> | null = null;

  /** With `undo` it offers to take back what was done. */
  say(text: string, undo: boolean, tone?: "warn"): void {
    this.toast.value = tone ? { text, undo, tone } : { text, undo };
    announce(text);
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.dismiss(), TOAST_MS);
  }

  dismiss(): void {
    this.toast.value = null;
  }
}
