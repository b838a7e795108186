/** Undo and redo of everything: edits of an answer, submits and skips. It outlives the change to another task. */
import { computed, signal } from "@preact/signals";
import type { Answer } from "./types";

export type Edit = {
  kind: "edit";
  task: string;
  question: string;
  before: Answer;
  after: Answer;
  at: number;
};
export type Done = { kind: "submission" | "skip"; task: string; parcel: string };
export type Step = Edit | Done;

const MOST = 500;
const ONE_STEP_MS = 1_000;

export class History {
  private readonly past = signal<readonly Step[]>([]);
  private readonly future = signal<readonly Step[]>([]);
  readonly canUndo = computed(() => this.past.value.length > 0);
  readonly canRedo = computed(() => this.future.value.length > 0);
  readonly last = computed(() => this.past.value.at(-1) ?? null);

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** An answer changed. Typing on in one written answer is one step. */
  edited(task: string, question: string, before: Answer, after: Answer, typing: boolean): void {
    const at = this.now();
    const last = this.past.peek().at(-1);
    const joins =
      typing &&
      last?.kind === "edit" &&
      last.task === task &&
      last.question === question &&
      at - last.at < ONE_STEP_MS;
    const step: Edit = { kind: "edit", task, question, before: joins ? last.before : before, after, at };
    this.push(joins ? this.past.peek().slice(0, -1) : this.past.peek(), step);
  }

  /** A task was submitted or skipped. Edits of older tasks cannot be undone by themselves any more, only after it. */
  finished(step: Done): void {
    this.push(this.past.peek(), step);
  }

  /** The step to undo; it can be redone once `undone` was called. */
  toUndo(): Step | null {
    return this.past.peek().at(-1) ?? null;
  }

  toRedo(): Step | null {
    return this.future.peek().at(-1) ?? null;
  }

  undone(): void {
    const step = this.past.peek().at(-1);
    if (!step) return;
    this.past.value = this.past.peek().slice(0, -1);
    this.future.value = [...this.future.peek(), step];
  }

  redone(): void {
    const step = this.future.peek().at(-1);
    if (!step) return;
    this.future.value = this.future.peek().slice(0, -1);
    this.past.value = [...this.past.peek(), step];
  }

  /** It cannot be undone any more: the time for it is over, or the task is somebody else's. */
  dropLast(): void {
    this.past.value = this.past.peek().slice(0, -1);
  }

  /** A task is gone for good: its steps mean nothing any more. */
  forget(task: string): void {
    this.past.value = this.past.peek().filter((step) => step.task !== task);
    this.future.value = this.future.peek().filter((step) => step.task !== task);
  }

  private push(before: readonly Step[], step: Step): void {
    this.past.value = [...before, step].slice(-MOST);
    this.future.value = [];
  }
}
