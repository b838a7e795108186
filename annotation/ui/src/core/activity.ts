/**
 * Active time on a task: from its showing on, while something is done at least every minute and the tab is in view.
 * It counts by a clock that nobody sets (`performance.now`), so a wrong time of day changes nothing.
 */
export const IDLE_MS = 60_000;
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "scroll", "input"] as const;

export class Activity {
  private counted = 0;
  private countedUntil = 0;
  private lastSign: number | null = null;
  private began = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** A task is shown; `before` was counted on it already. */
  show(before = 0): void {
    this.counted = before;
    this.began = this.lastSign = this.countedUntil = this.now();
  }

  /** Something was done. */
  note(): void {
    this.settle();
    this.lastSign = this.countedUntil = this.now();
  }

  /** The tab went out of view, or a dialog covers the work. */
  pause(): void {
    this.settle();
    this.lastSign = null;
  }

  /** Active milliseconds so far. */
  get ms(): number {
    this.settle();
    return Math.round(this.counted);
  }

  /** All milliseconds since it was shown. */
  get leadMs(): number {
    return Math.round(this.now() - this.began);
  }

  /** Listen for signs of work; returns what stops it. */
  listen(target: Document): () => void {
    const note = () => {
      if (!target.hidden) this.note();
    };
    const onHide = () => (target.hidden ? this.pause() : this.note());
    for (const sign of SIGNS) target.addEventListener(sign, note, { capture: true, passive: true });
    target.addEventListener("visibilitychange", onHide);
    return () => {
      for (const sign of SIGNS) target.removeEventListener(sign, note, { capture: true });
      target.removeEventListener("visibilitychange", onHide);
    };
  }

  /** Count what has passed since the last sign, at most the idle limit. */
  private settle(): void {
    if (this.lastSign === null) return;
    const until = Math.min(this.now(), this.lastSign + IDLE_MS);
    if (until > this.countedUntil) {
      this.counted += until - this.countedUntil;
      this.countedUntil = until;
    }
  }
}
