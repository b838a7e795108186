/** What takes the work one step on or back: submit, skip, undo, redo, open an older answer again. */
import { onlyAsked } from "../core/conditions";
import type { Step } from "../core/history";
import { announce } from "../core/live";
import type { Parcel } from "../core/outbox";
import type { DraftBody, Schema, Task } from "../core/types";
import { t } from "../core/words";
import type { Shown } from "./info";
import type { Work } from "./work";

type Recent = { task: Task; schema: Schema; body: DraftBody; parcel: Parcel };

const MOST_RECENT = 20;

export class Steps {
  private readonly recent = new Map<string, Recent>();
  private busy = false;

  constructor(private readonly work: Work) {}

  /** Send the answer and go on. False: something is still open. */
  async submit(): Promise<boolean> {
    const { work } = this;
    const shown = work.shown.peek();
    if (!shown || this.busy || work.disabled.peek() || shown.task.problem) return false;
    if (work.faults.peek().length > 0) {
      work.tried.value = true;
      announce(work.faults.peek()[0]?.message ?? "");
      return false;
    }
    return this.finish(shown, {
      kind: "submission",
      answer: onlyAsked(shown.schema, work.answer.peek()),
      lead_ms: work.activity.leadMs,
      active_ms: work.activity.ms,
      schema_version: shown.task.schema_version,
    });
  }

  async skip(reason: string, note: string): Promise<boolean> {
    const shown = this.work.shown.peek();
    if (!shown || this.busy || this.work.block.peek()) return false;
    return this.finish(shown, { kind: "skip", reason, note });
  }

  async undo(): Promise<void> {
    const { work } = this;
    const step = work.history.toUndo();
    if (!step || this.busy || work.block.peek()) return;
    if (step.kind === "edit") {
      if (work.shown.peek()?.task.id !== step.task) return work.history.forget(step.task);
      work.history.undone();
      work.set(step.before);
      announce(t("Undone"));
      return;
    }
    this.busy = true;
    try {
      if (await this.takeBack(step)) {
        work.history.undone();
        work.say(step.kind === "skip" ? t("The skip was undone.") : t("Your answer is open again."), false);
      } else work.history.dropLast();
    } finally {
      this.busy = false;
    }
  }

  async redo(): Promise<void> {
    const { work } = this;
    const step = work.history.toRedo();
    if (!step || this.busy || work.block.peek()) return;
    if (work.shown.peek()?.task.id !== step.task) return;
    if (step.kind === "edit") {
      work.history.redone();
      work.set(step.after);
      announce(t("Redone"));
      return;
    }
    const parcel = this.recent.get(step.task)?.parcel;
    if (step.kind === "submission") await this.submit();
    else if (parcel?.kind === "skip") await this.skip(parcel.reason, parcel.note);
  }

  /** Open an answer of before again, from the list of one's own. */
  async reopen(task: string): Promise<boolean> {
    const { work } = this;
    const reply = await work.api.post<Task | { task: Task }>(`tasks/${task}/reopen`);
    if (!reply.ok) {
      if (!work.meet(reply.problem)) {
        work.say(reply.problem.message || t("This can no longer be changed."), false, "warn");
      }
      return false;
    }
    const again = "task" in reply.value ? reply.value.task : reply.value;
    work.history.forget(task);
    work.queue.putFirst(again);
    void work.refresh();
    return true;
  }

  private async finish(shown: Shown, parcel: Parcel): Promise<boolean> {
    const { work } = this;
    this.busy = true;
    try {
      const { id } = shown.task;
      const body = work.bodyOf(shown);
      work.drafts.forget(id);
      const key = await work.outbox.put(id, parcel);
      this.remember(id, { task: shown.task, schema: shown.schema, body, parcel });
      work.history.finished({ kind: parcel.kind, task: id, parcel: key });
      if (parcel.kind === "submission") work.more.value++;
      work.queue.next();
      work.say(parcel.kind === "skip" ? t("Skipped.") : t("Answer kept."), true);
      return true;
    } catch {
      work.drafts.change(shown.task.id, work.bodyOf(shown));
      work.say(t("This could not be kept. Your answer is still here."), false, "warn");
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** A submit or skip: out of the outbox, or, when it is gone already, back from the server. */
  private async takeBack(step: Exclude<Step, { kind: "edit" }>): Promise<boolean> {
    const { work } = this;
    const recent = this.recent.get(step.task);
    const row = recent && (await work.drafts.row(step.task, recent.body));
    if (recent && row && (await work.outbox.takeBack(step.parcel, row))) {
      if (step.kind === "submission") work.more.value--;
      work.queue.putFirst(recent.task);
      return true;
    }
    const reply = await work.api.post<Task | { task: Task }>(`tasks/${step.task}/reopen`);
    if (!reply.ok) {
      if (!work.meet(reply.problem)) {
        const why = reply.problem.kind === "offline" ? t("The server did not answer. Try again.") : "";
        work.say(reply.problem.message || why || t("This can no longer be undone."), false, "warn");
      }
      return false;
    }
    work.queue.putFirst("task" in reply.value ? reply.value.task : reply.value);
    void work.refresh();
    return true;
  }

  private remember(task: string, recent: Recent): void {
    this.recent.delete(task);
    this.recent.set(task, recent);
    const [oldest] = this.recent.keys();
    if (this.recent.size > MOST_RECENT && oldest) this.recent.delete(oldest);
  }
}
