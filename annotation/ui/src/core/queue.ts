/**
 * The tasks that this tab holds: one on the screen, a few ahead, so that the next one is there at once. Each is a lease
 * on the server, kept by a heartbeat and given back on leaving; and a lock in this browser, so that two tabs never
 * work on one task.
 */
import { signal } from "@preact/signals";
import type { Api, Problem } from "./api";
import type { Task } from "./types";

export const AHEAD = 3;
const AGAIN_MS = 2_000;
const EMPTY_AGAIN_MS = 20_000;
const HEARTBEAT_MS = 60_000;
const MOST_BEATEN = 50;

export type Reason = { code: string; message: string };
export type Beat = {
  held: { id: string; lease_ends: string }[];
  lost: string[];
  schema_version: number;
  guidelines_version: number;
  epoch: number;
};
type Next = { tasks: Task[]; reason: Reason | null };

export class Queue {
  readonly current = signal<Task | null>(null);
  readonly ahead = signal<readonly Task[]>([]);
  /** Why there is no task; known once the server has said so. */
  readonly reason = signal<Reason | null>(null);
  readonly problem = signal<Problem | null>(null);
  /** The lease of the shown task is gone: somebody else may be at it. */
  readonly lost = signal(false);
  /** All that is held is open in another tab of this browser. */
  readonly elsewhere = signal(false);
  onBeat: (beat: Beat) => void = () => undefined;
  private readonly locks = new Map<string, () => void>();
  private readonly done = new Set<string>();
  private fetching: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private beating: ReturnType<typeof setInterval> | null = null;
  private stopped = true;
  private resume = true;

  constructor(
    private readonly project: string,
    private readonly api: Api,
    private readonly locked: LockManager | null = navigator.locks ?? null,
  ) {}

  /** Take tasks, those held already first; `skip`: their answers are on their way. */
  async start(skip: ReadonlySet<string> = new Set()): Promise<void> {
    this.stopped = false;
    for (const task of skip) this.done.add(task);
    this.beating ??= setInterval(() => void this.beat(), HEARTBEAT_MS);
    await this.fill();
  }

  /** Stop taking and beating; the tasks stay held. */
  stop(): void {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    if (this.beating) clearInterval(this.beating);
    this.beating = this.timer = null;
  }

  /** The shown task is done with: show the next one. */
  next(): void {
    const { value: current } = this.current;
    if (current) {
      this.done.add(current.id);
      this.unlock(current.id);
    }
    this.show();
    void this.fill();
  }

  /** Show a task that was taken back; the shown one waits behind it. */
  putFirst(task: Task): void {
    this.done.delete(task.id);
    const { value: current } = this.current;
    if (current && current.id !== task.id) this.ahead.value = [current, ...this.ahead.peek()];
    this.lost.value = false;
    this.current.value = task;
    void this.lock(task.id);
  }

  /** The server did not take the answer of this task: it may come again, and what else is held is asked now. */
  async refused(task: string): Promise<void> {
    this.done.delete(task);
    await this.beat();
  }

  /** Ask again, now. */
  async again(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.resume = true;
    await this.fill();
  }

  /** The server has taken an answer: if it was the last thing that this person held, say what is so now. */
  async taken(): Promise<void> {
    await this.fetching;
    if (!this.current.peek() && this.reason.peek()?.code === "held_by_you") await this.again();
  }

  /** Give back what was not begun, while the page goes away. */
  leave(): void {
    this.stop();
    for (const task of this.ahead.peek()) {
      void this.api.post(`tasks/${task.id}/release`, {}, { leaving: true });
      this.unlock(task.id);
    }
    this.ahead.value = [];
    this.resume = true;
  }

  /** The shown task's lease was lost: go on with the next one. */
  letGo(): void {
    this.lost.value = false;
    this.next();
  }

  async beat(): Promise<void> {
    const { value: current } = this.current;
    const ids = [...(current ? [current.id] : []), ...this.ahead.peek().map((task) => task.id)];
    const reply = await this.api.post<Beat>(`projects/${this.project}/heartbeat`, {
      tasks: ids.slice(0, MOST_BEATEN),
    });
    if (this.stopped) return;
    if (!reply.ok) {
      if (reply.problem.kind !== "offline" && reply.problem.kind !== "failed")
        this.problem.value = reply.problem;
      return;
    }
    const gone = new Set(reply.value.lost);
    for (const id of gone) if (id !== this.current.peek()?.id) this.unlock(id);
    this.ahead.value = this.ahead.peek().filter((task) => !gone.has(task.id));
    const now = this.current.peek();
    if (now && gone.has(now.id) && !this.done.has(now.id)) this.lost.value = true;
    this.onBeat(reply.value);
    void this.fill();
  }

  private show(): void {
    const [first = null, ...rest] = this.ahead.peek();
    this.ahead.value = rest;
    this.lost.value = false;
    this.current.value = first;
  }

  private fill(): Promise<void> {
    this.fetching ??= this.fetchMore().finally(() => {
      this.fetching = null;
      const short = this.ahead.peek().length < AHEAD && this.problem.peek() === null && !this.reason.peek();
      if (short && !this.stopped && this.current.peek()) this.later(AGAIN_MS);
    });
    return this.fetching;
  }

  private async fetchMore(): Promise<void> {
    const missing = AHEAD + (this.current.peek() ? 0 : 1) - this.ahead.peek().length;
    if (this.stopped || missing <= 0) return;
    // The first question brings back what this person holds already, on this computer or another one.
    const { resume } = this;
    const reply = await this.api.post<Next>(`projects/${this.project}/tasks/next`, {
      count: missing,
      resume,
    });
    if (this.stopped) return;
    if (!reply.ok) {
      this.problem.value = reply.problem;
      if (reply.problem.kind === "offline" || reply.problem.kind === "failed") this.later(AGAIN_MS);
      return;
    }
    this.problem.value = null;
    this.resume = false;
    const taken = await this.claim(reply.value.tasks);
    if (taken.length) this.reason.value = null;
    else this.reason.value = reply.value.reason;
    this.elsewhere.value = !taken.length && reply.value.tasks.length > 0;
    this.ahead.value = [...this.ahead.peek(), ...taken];
    if (!this.current.peek()) this.show();
    // All of it was open in other tabs: ask for further ones, once.
    if (resume && taken.length < missing && reply.value.tasks.length > 0) return this.fetchMore();
    if (!taken.length) this.later(EMPTY_AGAIN_MS);
  }

  private later(ms: number): void {
    if (this.timer || this.stopped) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.fill();
    }, ms);
  }

  /** Those of `tasks` that no other tab has, and that are not answered or here already. */
  private async claim(tasks: readonly Task[]): Promise<Task[]> {
    const here = new Set([this.current.peek()?.id, ...this.ahead.peek().map((task) => task.id)]);
    const free: Task[] = [];
    for (const task of tasks) {
      if (!here.has(task.id) && !this.done.has(task.id) && (await this.lock(task.id))) free.push(task);
    }
    return free;
  }

  private lock(id: string): Promise<boolean> {
    const { locked } = this;
    if (!locked || this.locks.has(id)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const held = locked.request(`ringfence.task.${id}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        if (!lock) return;
        return new Promise<void>((release) => this.locks.set(id, release));
      });
      held.catch(() => resolve(true));
    });
  }

  private unlock(id: string): void {
    this.locks.get(id)?.();
    this.locks.delete(id);
  }
}
