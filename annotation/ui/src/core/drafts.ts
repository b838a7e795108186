/**
 * Drafts: every change goes to this browser at once, sealed, and a little later to the server, which checks that the
 * draft it holds is the one that this was made from. When it is not, the person is asked; nothing is overwritten.
 */
import { signal } from "@preact/signals";
import type { Api, Problem } from "./api";
import type { DraftRow, Store } from "./db";
import type { Place, Sealer } from "./seal";
import type { Draft, DraftBody, Json } from "./types";

export type Saved = "none" | "saving" | "saved" | "here" | "unsaved";
export type Conflict = { task: string; mine: DraftBody; theirs: DraftBody; version: number };
export type Owner = { tenant: string; person: string };

const SERVER_DELAY_MS = 1_000;
const AGAIN_MS = 5_000;

type Work = {
  body: DraftBody;
  base: number;
  dirty: boolean;
  /** The newest body is not in this browser yet. */
  unwritten: boolean;
  writing: boolean;
  sending: boolean;
  timer: ReturnType<typeof setTimeout> | null;
};

export class Drafts {
  /** In words: where the newest change of the shown task is. */
  readonly saved = signal<Saved>("none");
  readonly conflict = signal<Conflict | null>(null);
  /** The browser keeps nothing more: its storage is full or refused. */
  readonly full = signal(false);
  /** A refusal that asks for something: signed out, or dark. */
  readonly onProblem: { call: (problem: Problem) => void } = { call: () => undefined };
  private readonly work = new Map<string, Work>();
  private shown = "";

  constructor(
    private readonly owner: Owner,
    private readonly api: Api,
    private readonly store: Store,
    private readonly sealer: Sealer,
    private readonly delayMs = SERVER_DELAY_MS,
  ) {}

  /** The draft to go on with: this browser's if it is ahead of the server's, else the server's. May ask. */
  async load(task: string, server: Draft | null): Promise<DraftBody | null> {
    const row = await this.store.draft(task).catch(() => undefined);
    const base = server?.version ?? 0;
    const local = row && (await this.sealer.open<DraftBody>(this.place(task), row.sealed));
    const mine = local?.ok ? local.value : null;
    this.shown = task;
    this.saved.value = mine || server ? "saved" : "none";
    if (!row || !mine || !row.dirty) {
      const body = server?.body ?? mine;
      this.hold(task, body, base);
      return body;
    }
    this.hold(task, mine, row.base, true);
    if (server && server.version !== row.base && !same(server.body, mine)) {
      this.conflict.value = { task, mine, theirs: server.body, version: server.version };
    } else {
      const work = this.work.get(task);
      if (work) work.base = base;
      this.schedule(task, 0);
    }
    return mine;
  }

  /** Keep a change. */
  change(task: string, body: DraftBody): void {
    const work = this.work.get(task) ?? this.hold(task, body, 0);
    if (!work) return;
    work.body = body;
    work.dirty = work.unwritten = true;
    this.say(task, "saving");
    void this.write(task);
    this.schedule(task, this.delayMs);
  }

  /** The person chose: their own, on top of the server's, or the server's. */
  resolve(choice: "mine" | "theirs"): DraftBody | null {
    const conflict = this.conflict.peek();
    const work = conflict && this.work.get(conflict.task);
    if (!conflict || !work) return null;
    this.conflict.value = null;
    work.base = conflict.version;
    work.body = choice === "mine" ? conflict.mine : conflict.theirs;
    work.dirty = choice === "mine";
    work.unwritten = true;
    void this.write(conflict.task);
    if (work.dirty) this.schedule(conflict.task, 0);
    else this.say(conflict.task, "saved");
    return work.body;
  }

  /** What a sealed row of this draft looks like now, for an answer that is taken back from the outbox. */
  async row(task: string, body: DraftBody): Promise<DraftRow | null> {
    const sealed = await this.sealer.seal(this.place(task), body);
    return sealed && { task, base: this.work.get(task)?.base ?? 0, dirty: true, sealed };
  }

  /** The answer is in the outbox: no draft is wanted any more. The server drops its own with the answer. */
  forget(task: string): void {
    const work = this.work.get(task);
    if (work?.timer) clearTimeout(work.timer);
    this.work.delete(task);
    // What is said of it is the outbox's to say from here on.
    if (task === this.shown) this.saved.value = "none";
    if (this.conflict.peek()?.task === task) this.conflict.value = null;
  }

  /** Send what the server does not have, now: the tab is going out of view, or the network is back. */
  async flush(leaving = false): Promise<void> {
    await Promise.all([...this.work.keys()].map((task) => this.send(task, leaving)));
  }

  private hold(task: string, body: DraftBody | null, base: number, dirty = false): Work | null {
    if (!body) {
      // Nothing yet, but the base counts for the first change.
      this.work.set(task, blank({ answer: {}, schema_version: 0 }, base, false));
      return null;
    }
    const work = blank(body, base, dirty);
    this.work.set(task, work);
    return work;
  }

  /** One write at a time; the newest body follows. */
  private async write(task: string): Promise<void> {
    const work = this.work.get(task);
    if (!work || work.writing) return;
    work.writing = true;
    try {
      while (work.unwritten && this.work.get(task) === work) {
        work.unwritten = false;
        const { body, base, dirty } = work;
        const sealed = await this.sealer.seal(this.place(task), body);
        if (!sealed) break;
        if (this.work.get(task) !== work) break;
        await this.store.putDraft({ task, base, dirty, sealed });
        // It was sent meanwhile: nothing is said of a draft that is wanted no more.
        if (this.work.get(task) !== work) break;
        this.full.value = false;
        if (work.dirty) this.say(task, this.store.lasting ? "here" : "saving");
      }
    } catch {
      this.full.value = true;
    } finally {
      work.writing = false;
    }
  }

  private schedule(task: string, ms: number): void {
    const work = this.work.get(task);
    if (!work || (work.timer && ms > 0)) return;
    if (work.timer) clearTimeout(work.timer);
    work.timer = setTimeout(() => {
      work.timer = null;
      void this.send(task);
    }, ms);
  }

  private async send(task: string, leaving = false): Promise<void> {
    const work = this.work.get(task);
    if (!work || !work.dirty || this.conflict.peek()?.task === task) return;
    if (work.sending) return this.schedule(task, this.delayMs);
    work.sending = true;
    const { body } = work;
    const sent = await this.api.put<{ version: number }>(
      `tasks/${task}/draft`,
      { version: work.base, body },
      { leaving },
    );
    work.sending = false;
    if (this.work.get(task) !== work) return;
    if (sent.ok) {
      work.base = sent.value.version;
      if (work.body !== body) return this.schedule(task, this.delayMs);
      work.dirty = false;
      work.unwritten = true;
      void this.write(task);
      this.say(task, "saved");
      return;
    }
    const { problem } = sent;
    if (problem.code === "draft_conflict") {
      const theirs = problem.body.body as unknown as DraftBody;
      const version = Number(problem.body.version as Json);
      if (same(theirs, work.body)) {
        work.base = version;
        return this.schedule(task, 0);
      }
      this.conflict.value = { task, mine: work.body, theirs, version };
      return;
    }
    if (this.full.peek() || !this.store.lasting) this.say(task, "unsaved");
    this.onProblem.call(problem);
    if (problem.kind !== "conflict" && problem.kind !== "invalid") this.schedule(task, AGAIN_MS);
  }

  private say(task: string, saved: Saved): void {
    if (task === this.shown) this.saved.value = saved;
  }

  private place(task: string): Place {
    return { kind: "draft", ...this.owner, task, version: 1 };
  }
}

function blank(body: DraftBody, base: number, dirty: boolean): Work {
  return { body, base, dirty, unwritten: false, writing: false, sending: false, timer: null };
}

/** The same answer; time and versions do not count. */
function same(one: DraftBody, other: DraftBody): boolean {
  return canonical(one.answer) === canonical(other.answer);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
