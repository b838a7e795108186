/**
 * The outbox: an answer is on the disk before the next task shows, and on its way afterwards. It stays here until the
 * server has acknowledged it; what the server refuses stays too, and is shown. One tab sends for all.
 */
import { signal } from "@preact/signals";
import { type Api, passes, type Problem, type Reply } from "./api";
import { type DraftRow, MemoryStore, type OutRow, type Store } from "./db";
import type { Owner } from "./drafts";
import type { Place, Sealer } from "./seal";
import type { Answer } from "./types";

export type Submission = {
  kind: "submission";
  answer: Answer;
  lead_ms: number;
  active_ms: number;
  schema_version: number;
};
export type Skip = { kind: "skip"; reason: string; note: string };
export type Parcel = Submission | Skip;
type Body = { parcel: Parcel; project: string; why?: { code: string; message: string } };
export type Refused = { id: string; task: string; parcel: Parcel; code: string; message: string };
export type Sent = { task: string; parcel: Parcel; reply: { [key: string]: unknown } };
export type OutState = "idle" | "sending" | "offline" | "signed-out" | "dark" | "no-key";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

export class Outbox {
  readonly waiting = signal(0);
  readonly refused = signal<readonly Refused[]>([]);
  readonly state = signal<OutState>("idle");
  /** An answer could not be kept in this browser; it is in this tab only until it is sent. */
  readonly onlyInTab = signal(false);
  onSent: (sent: Sent) => void = () => undefined;
  onRefused: (task: string) => void = () => undefined;
  private readonly memory = new MemoryStore();
  private readonly lock: string;
  private readonly channel: BroadcastChannel | null;
  private wait = FIRST_WAIT_MS;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private place = Date.now();
  private busy = 0;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly owner: Owner,
    private readonly project: string,
    private readonly api: Api,
    private readonly store: Store,
    private readonly sealer: Sealer,
  ) {
    this.lock = `ringfence.outbox.${owner.tenant}.${owner.person}`;
    this.channel =
      store.lasting && typeof BroadcastChannel === "function" ? new BroadcastChannel(this.lock) : null;
    this.channel?.addEventListener("message", () => void this.count());
  }

  /** Keep what is to be sent; when this returns it is on the disk. Returns its id. */
  async put(task: string, parcel: Parcel): Promise<string> {
    const id = crypto.randomUUID();
    const row = await this.rowOf(id, task, { parcel, project: this.project }, false);
    this.place = Math.max(this.place + 1, row.place);
    try {
      await this.store.submit(row);
      this.onlyInTab.value = !this.store.lasting;
    } catch {
      await this.memory.submit(row);
      this.onlyInTab.value = true;
    }
    this.waiting.value++;
    this.channel?.postMessage("changed");
    this.soon(0);
    return id;
  }

  /** Take back what was not sent yet; its draft is there again. False: it is on the server already. */
  takeBack(id: string, draft: DraftRow): Promise<boolean> {
    return this.alone(async () => {
      const back = (await this.store.takeBack(id, draft)) || (await this.memory.takeBack(id, draft));
      await this.count();
      return back;
    });
  }

  /** Drop a refused answer: the person has seen it and said so. */
  async discard(id: string): Promise<void> {
    await this.remove(id);
    await this.count();
  }

  /** Send again what was refused, with a key of its own. */
  async again(id: string): Promise<void> {
    const refused = this.refused.peek().find((one) => one.id === id);
    if (!refused) return;
    await this.put(refused.task, refused.parcel);
    await this.discard(id);
  }

  /** Send all that waits, in order. Whoever holds the lock sends; others look again later. */
  async flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const done = await this.alone(() => this.sendAll(), true);
    if (done === undefined) return this.soon(FIRST_WAIT_MS * 2);
    await this.count();
    if (this.waiting.peek() > 0 && this.state.peek() !== "signed-out") this.backOff();
    else this.wait = FIRST_WAIT_MS;
  }

  /** Begin: on start, when the network is back, after signing in. */
  start(): () => void {
    const onOnline = () => this.soon(0);
    addEventListener("online", onOnline);
    void this.count().then(() => this.soon(0));
    return () => {
      removeEventListener("online", onOnline);
      if (this.timer) clearTimeout(this.timer);
      this.channel?.close();
    };
  }

  soon(ms: number): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), ms);
  }

  /** Tasks whose answers wait here: they are not shown again. */
  async tasks(): Promise<Set<string>> {
    return new Set((await this.rows()).filter((row) => !row.refused).map((row) => row.task));
  }

  private async sendAll(): Promise<true> {
    for (const row of await this.rows()) {
      if (row.refused) continue;
      const body = await this.sealer.open<Body>(this.placeOf(row), row.sealed);
      if (!body.ok) {
        this.state.value = "no-key";
        if (body.why === "no-key") return true;
        continue;
      }
      this.state.value = "sending";
      const reply = await this.send(row, body.value.parcel);
      if (reply.ok) {
        await this.remove(row.id);
        this.onSent({ task: row.task, parcel: body.value.parcel, reply: reply.value });
      } else if (passes(reply.problem) || reply.problem.kind === "signed-out") {
        this.state.value = stateOf(reply.problem);
        return true;
      } else {
        await this.refuse(row, body.value, reply.problem);
        this.onRefused(row.task);
      }
      await this.count();
    }
    this.state.value = "idle";
    return true;
  }

  private send(row: OutRow, parcel: Parcel): Promise<Reply<{ [key: string]: unknown }>> {
    if (parcel.kind === "skip") {
      return this.api.post(`tasks/${row.task}/skip`, { reason: parcel.reason, note: parcel.note });
    }
    const { answer, lead_ms, active_ms, schema_version } = parcel;
    return this.api.post(`tasks/${row.task}/submission`, {
      answer,
      lead_ms,
      active_ms,
      schema_version,
      idempotency_key: row.id,
    });
  }

  private async refuse(row: OutRow, body: Body, problem: Problem): Promise<void> {
    const why = { code: problem.code || problem.kind, message: problem.message };
    const kept = await this.rowOf(row.id, row.task, { ...body, why }, true, row.place);
    await this.store.putOut(kept).catch(() => this.memory.putOut(kept));
    this.channel?.postMessage("changed");
  }

  private async rowOf(
    id: string,
    task: string,
    body: Body,
    refused: boolean,
    place?: number,
  ): Promise<OutRow> {
    const at: Place = { kind: "outbox", ...this.owner, task: `${task}/${id}`, version: 1 };
    const sealed = await this.sealer.seal(at, body);
    if (!sealed) throw new Error("there is no key to keep this under");
    return { id, task, place: place ?? Math.max(Date.now(), this.place + 1), refused, sealed };
  }

  private placeOf(row: OutRow): Place {
    return { kind: "outbox", ...this.owner, task: `${row.task}/${row.id}`, version: 1 };
  }

  private async rows(): Promise<OutRow[]> {
    const [kept, held] = await Promise.all([this.store.outbox().catch(() => []), this.memory.outbox()]);
    return [...kept, ...held].sort((one, other) => one.place - other.place);
  }

  private async remove(id: string): Promise<void> {
    await Promise.all([this.store.removeOut(id).catch(() => undefined), this.memory.removeOut(id)]);
    this.channel?.postMessage("changed");
  }

  private async count(): Promise<void> {
    const rows = await this.rows();
    this.waiting.value = rows.filter((row) => !row.refused).length;
    if ((await this.memory.outbox()).length === 0) this.onlyInTab.value = false;
    const refused: Refused[] = [];
    for (const row of rows.filter((one) => one.refused)) {
      const body = await this.sealer.open<Body>(this.placeOf(row), row.sealed);
      if (body.ok) {
        const { code, message } = body.value.why ?? { code: "", message: "" };
        refused.push({ id: row.id, task: row.task, parcel: body.value.parcel, code, message });
      }
    }
    this.refused.value = refused;
  }

  private backOff(): void {
    this.soon(this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }

  /** Run while no other tab does; with `ifFree` not at all while one does. */
  private alone<T>(work: () => Promise<T>): Promise<T>;
  private alone<T>(work: () => Promise<T>, ifFree: true): Promise<T | undefined>;
  private async alone<T>(work: () => Promise<T>, ifFree = false): Promise<T | undefined> {
    if (!navigator.locks) return this.aloneHere(work, ifFree);
    return await navigator.locks.request(this.lock, { ifAvailable: ifFree }, async (lock) =>
      lock ? work() : undefined,
    );
  }

  /** The same within this tab, for browsers and pages that have no locks over tabs. */
  private async aloneHere<T>(work: () => Promise<T>, ifFree: boolean): Promise<T | undefined> {
    if (ifFree && this.busy) return undefined;
    this.busy++;
    const before = this.last;
    const mine = before.then(work);
    this.last = mine.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await mine;
    } finally {
      this.busy--;
    }
  }
}

function stateOf({ kind }: Problem): OutState {
  return kind === "dark" ? "dark" : kind === "signed-out" ? "signed-out" : "offline";
}
