/** A labeler's work: what is shown, answered, sent, taken back. All of the desk's state; no markup. */
import { computed, effect, signal } from "@preact/signals";
import { Activity } from "../core/activity";
import type { Api, Problem, Reply } from "../core/api";
import { faultsOf } from "../core/check";
import { asked, onlyAsked } from "../core/conditions";
import type { Store } from "../core/db";
import { Drafts } from "../core/drafts";
import { History, type Step } from "../core/history";
import { announce } from "../core/live";
import { Outbox, type Parcel, type Sent } from "../core/outbox";
import { type Beat, Queue } from "../core/queue";
import { type BrowserKey, Sealer } from "../core/seal";
import type { Answer, DraftBody, Schema, Task, Value } from "../core/types";
import { t } from "../core/words";
import { prepareMarkdown } from "../parts/rich";
import { type Config, type DeskInfo, guidelinesAreNew, type Shown } from "./info";

export type Block = { kind: "signed-out" | "other-person" | "dark" | "refused"; message: string };
export type Toast = { text: string; undo: boolean; tone?: "warn" };
type Recent = { task: Task; schema: Schema; body: DraftBody; parcel: Parcel };

const TOAST_MS = 10_000;
const AGAIN_MS = 2_000;
const DARK_AGAIN_MS = 10_000;
const MOST_RECENT = 20;

export class Work {
  readonly info = signal<DeskInfo | null>(null);
  /** The project could not be opened at all: why. */
  readonly failed = signal<Problem | null>(null);
  readonly block = signal<Block | null>(null);
  readonly shown = signal<Shown | null>(null);
  readonly answer = signal<Answer>({});
  /** Somebody tried to submit: what is open is said. */
  readonly tried = signal(false);
  /** Said above the item: the questions changed since the draft was made. */
  readonly note = signal("");
  /** The log's receipt of the last answer that was acknowledged to this tab. */
  readonly receipt = signal("");
  /** Said above the item in practice: what to try. */
  readonly hint = signal("");
  readonly toast = signal<Toast | null>(null);
  /** Answers given in this tab that the server's count does not have yet. */
  readonly more = signal(0);
  readonly queue: Queue;
  readonly drafts: Drafts;
  readonly outbox: Outbox;
  readonly history = new History();
  readonly activity = new Activity();
  readonly sealer: Sealer;
  readonly asked = computed(() => {
    const shown = this.shown.value;
    return shown ? asked(shown.schema, this.answer.value) : [];
  });
  readonly faults = computed(() => {
    const shown = this.shown.value;
    return shown ? faultsOf(shown.schema, shown.task, onlyAsked(shown.schema, this.answer.value)) : [];
  });
  /** What must be agreed to before the first task: nothing, or which of the two. */
  readonly consent = computed<"purpose" | "agreement" | null>(() => {
    const info = this.info.value;
    if (info?.purpose && !info.purpose.accepted) return "purpose";
    return info?.agreement && !info.agreement.accepted ? "agreement" : null;
  });
  readonly disabled = computed(() => this.block.value !== null || this.queue.lost.value);
  private readonly schemas = new Map<number, Schema>();
  private readonly asking = new Map<number, Promise<Schema | null>>();
  private readonly recent = new Map<string, Recent>();
  private readonly ends: (() => void)[] = [];
  private opening = 0;
  private busy = false;
  private toastTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    readonly config: Config,
    readonly api: Api,
    readonly store: Store,
  ) {
    const owner = { tenant: config.tenant, person: config.person };
    this.sealer = new Sealer((id) => api.post<BrowserKey>("browser-key", id ? { id } : {}));
    this.queue = new Queue(config.project, api);
    this.drafts = new Drafts(owner, api, store, this.sealer);
    this.outbox = new Outbox(owner, config.project, api, store, this.sealer);
    this.outbox.onSent = (sent) => this.wasSent(sent);
    this.outbox.onRefused = (task) => void this.queue.refused(task);
    this.queue.onBeat = (beat) => this.wasBeaten(beat);
    this.drafts.onProblem.call = (problem) => this.meet(problem);
    api.verify = () => this.samePerson();
  }

  /** Open the project; take tasks once everything that must be agreed to is. */
  async start(): Promise<void> {
    if (!(await this.refresh())) return;
    await this.sealer.unlock();
    this.ends.push(
      this.outbox.start(),
      this.activity.listen(document),
      effect(() => {
        const task = this.queue.current.value;
        void this.open(task);
      }),
      effect(() => {
        for (const task of this.queue.ahead.value) void this.prepare(task);
      }),
      effect(() => {
        const problem = this.queue.problem.value;
        if (problem) this.meet(problem);
      }),
      effect(() => {
        if (this.outbox.state.value === "signed-out") this.meet(blank("signed-out"));
        if (this.outbox.state.value === "dark") this.meet(blank("dark"));
      }),
    );
    if (!this.consent.peek()) await this.queue.start(await this.outbox.tasks());
  }

  stop(): void {
    for (const end of this.ends.splice(0)) end();
    this.queue.stop();
  }

  /** The page goes away: what is not on the server goes there, and what was not begun is given back. */
  leave(): void {
    void this.drafts.flush(true);
    this.queue.leave();
  }

  /** The page is back from the browser's cache. */
  async comeBack(): Promise<void> {
    await this.queue.start(await this.outbox.tasks());
  }

  /** Ask the server for the project again. */
  async refresh(): Promise<boolean> {
    const reply = await this.askDesk();
    if (!reply.ok) {
      if (this.info.peek()) this.meet(reply.problem);
      else this.failed.value = reply.problem;
      return false;
    }
    if (!this.isMe(reply.value)) return false;
    this.failed.value = null;
    if (reply.value.schema) this.schemas.set(reply.value.schema_version, reply.value.schema);
    this.more.value = this.outbox.waiting.peek();
    this.info.value = reply.value;
    return true;
  }

  /** Agree to the purpose or the agreement, or decline; what is next follows. */
  async decide(
    kind: "purpose" | "agreement" | "guidelines",
    decision: "accepted" | "declined",
  ): Promise<boolean> {
    const info = this.info.peek();
    const version = kind === "guidelines" ? info?.guidelines.version : info?.[kind]?.version;
    const path = `projects/${this.config.project}/acknowledgements`;
    const reply = await this.api.post(path, { kind, version, decision });
    if (!reply.ok) {
      this.say(reply.problem.message || t("The server did not answer. Try again."), false, "warn");
      return false;
    }
    if (decision === "accepted" && (await this.refresh()) && !this.consent.peek() && kind !== "guidelines") {
      await this.queue.start(await this.outbox.tasks());
    }
    return true;
  }

  /** Answer a question, or take its answer away. */
  change(question: string, value: Value | undefined): void {
    const shown = this.shown.peek();
    if (!shown || this.disabled.peek()) return;
    const before = this.answer.peek();
    const after: Answer = { ...before };
    if (value === undefined) delete after[question];
    else after[question] = value;
    this.history.edited(
      shown.task.id,
      question,
      before,
      after,
      typeof value === "string" && isText(shown, question),
    );
    this.set(after);
  }

  /** Send the answer and go on. False: something is still open. */
  async submit(): Promise<boolean> {
    const shown = this.shown.peek();
    if (!shown || this.busy || this.disabled.peek() || shown.task.problem) return false;
    if (this.faults.peek().length > 0) {
      this.tried.value = true;
      announce(this.faults.peek()[0]?.message ?? "");
      return false;
    }
    return this.finish(shown, {
      kind: "submission",
      answer: onlyAsked(shown.schema, this.answer.peek()),
      lead_ms: this.activity.leadMs,
      active_ms: this.activity.ms,
      schema_version: shown.task.schema_version,
    });
  }

  /** The lease is gone: the answer goes out all the same, and the server decides. */
  async submitLost(): Promise<void> {
    this.queue.lost.value = false;
    await this.submit();
  }

  async skip(reason: string, note: string): Promise<boolean> {
    const shown = this.shown.peek();
    if (!shown || this.busy || this.block.peek()) return false;
    return this.finish(shown, { kind: "skip", reason, note });
  }

  async undo(): Promise<void> {
    const step = this.history.toUndo();
    if (!step || this.busy || this.block.peek()) return;
    if (step.kind === "edit") {
      if (this.shown.peek()?.task.id !== step.task) return this.history.forget(step.task);
      this.history.undone();
      this.set(step.before);
      announce(t("Undone"));
      return;
    }
    this.busy = true;
    try {
      if (await this.takeBack(step)) {
        this.history.undone();
        this.say(step.kind === "skip" ? t("The skip was undone.") : t("Your answer is open again."), false);
      } else this.history.dropLast();
    } finally {
      this.busy = false;
    }
  }

  async redo(): Promise<void> {
    const step = this.history.toRedo();
    if (!step || this.busy || this.block.peek()) return;
    if (this.shown.peek()?.task.id !== step.task) return;
    if (step.kind === "edit") {
      this.history.redone();
      this.set(step.after);
      announce(t("Redone"));
      return;
    }
    const parcel = this.recent.get(step.task)?.parcel;
    if (step.kind === "submission") await this.submit();
    else if (parcel?.kind === "skip") await this.skip(parcel.reason, parcel.note);
  }

  /** Open an answer of before again, from the list of one's own. */
  async reopen(task: string): Promise<boolean> {
    const reply = await this.api.post<Task | { task: Task }>(`tasks/${task}/reopen`);
    if (!reply.ok) {
      if (!this.meet(reply.problem)) {
        this.say(reply.problem.message || t("This can no longer be changed."), false, "warn");
      }
      return false;
    }
    const again = "task" in reply.value ? reply.value.task : reply.value;
    this.history.forget(task);
    this.queue.putFirst(again);
    void this.refresh();
    return true;
  }

  /** Keep one's own draft, or take the one from the other window. */
  resolve(choice: "mine" | "theirs"): void {
    const body = this.drafts.resolve(choice);
    if (body) this.set(body.answer, false);
  }

  /** Signed in again, or the keys are back: go on where it stopped. */
  async goOn(): Promise<boolean> {
    this.block.value = null;
    if (!(await this.refresh())) return false;
    await this.sealer.unlock();
    this.outbox.soon(0);
    void this.drafts.flush();
    this.queue.problem.value = null;
    if (!this.consent.peek()) void this.queue.again();
    return true;
  }

  dismissToast(): void {
    this.toast.value = null;
  }

  /** A short message; with `undo` it offers to take back what was done. */
  say(text: string, undo: boolean, tone?: "warn"): void {
    this.toast.value = tone ? { text, undo, tone } : { text, undo };
    announce(text);
    if (this.toastTimer) clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => this.dismissToast(), TOAST_MS);
  }

  /** Something that asks the person for more than patience. Says whether it was that. */
  meet(problem: Pick<Problem, "kind" | "code" | "message">): boolean {
    const kind = problem.code === "other_person" ? "other-person" : problem.kind;
    if (kind !== "signed-out" && kind !== "other-person" && kind !== "dark" && kind !== "refused")
      return false;
    if (this.block.peek()?.kind !== kind) {
      this.block.value = { kind, message: problem.message };
      this.activity.pause();
    }
    if (kind === "dark") {
      this.sealer.forget();
      setTimeout(() => this.block.peek()?.kind === "dark" && void this.goOn(), DARK_AGAIN_MS);
    }
    return true;
  }

  private async finish(shown: Shown, parcel: Parcel): Promise<boolean> {
    this.busy = true;
    try {
      const { id } = shown.task;
      const body = this.bodyOf(shown);
      this.drafts.forget(id);
      const key = await this.outbox.put(id, parcel);
      this.remember(id, { task: shown.task, schema: shown.schema, body, parcel });
      this.history.finished({ kind: parcel.kind, task: id, parcel: key });
      if (parcel.kind === "submission") this.more.value++;
      this.queue.next();
      this.say(parcel.kind === "skip" ? t("Skipped.") : t("Answer kept."), true);
      return true;
    } catch {
      this.drafts.change(shown.task.id, this.bodyOf(shown));
      this.say(t("This could not be kept. Your answer is still here."), false, "warn");
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** A submit or skip: out of the outbox, or, when it is gone already, back from the server. */
  private async takeBack(step: Exclude<Step, { kind: "edit" }>): Promise<boolean> {
    const recent = this.recent.get(step.task);
    const row = recent && (await this.drafts.row(step.task, recent.body));
    if (recent && row && (await this.outbox.takeBack(step.parcel, row))) {
      if (step.kind === "submission") this.more.value--;
      this.queue.putFirst(recent.task);
      return true;
    }
    const reply = await this.api.post<Task | { task: Task }>(`tasks/${step.task}/reopen`);
    if (!reply.ok) {
      if (!this.meet(reply.problem)) {
        const why = reply.problem.kind === "offline" ? t("The server did not answer. Try again.") : "";
        this.say(reply.problem.message || why || t("This can no longer be undone."), false, "warn");
      }
      return false;
    }
    this.queue.putFirst("task" in reply.value ? reply.value.task : reply.value);
    void this.refresh();
    return true;
  }

  private async open(task: Task | null): Promise<void> {
    const turn = ++this.opening;
    if (!task) {
      this.shown.value = null;
      return;
    }
    const [schema, draft] = await Promise.all([
      this.schemaOf(task.schema_version),
      this.drafts.load(task.id, task.draft),
    ]);
    if (turn !== this.opening) return;
    if (!schema) {
      setTimeout(() => turn === this.opening && void this.open(task), AGAIN_MS);
      return;
    }
    const older = draft?.schema_version !== undefined && draft.schema_version !== task.schema_version;
    this.note.value =
      draft && older ? t("The questions have changed since you began. Look at your answer again.") : "";
    this.tried.value = false;
    this.answer.value = draft?.answer ? fitting(schema, draft.answer) : {};
    this.shown.value = { task, schema };
    this.activity.show(draft?.active_ms ?? 0);
  }

  /** Whatever the next task needs is here before it is shown: its questions, and its Markdown rendered. */
  private async prepare(task: Task): Promise<void> {
    const schema = await this.schemaOf(task.schema_version);
    if (!schema) return;
    const fields = Object.keys(schema.item).filter((name) => schema.item[name] === "markdown");
    const texts = fields.map((name) => task.item[name]).filter((text) => typeof text === "string");
    const asMarkdown = (schema.candidates?.as ?? "markdown") === "markdown";
    const candidates = asMarkdown ? (task.candidates ?? []).map(({ content }) => content) : [];
    if (texts.length + candidates.length > 0) prepareMarkdown([...texts, ...candidates]);
  }

  private set(answer: Answer, keep = true): void {
    const shown = this.shown.peek();
    this.answer.value = answer;
    if (keep && shown) this.drafts.change(shown.task.id, this.bodyOf(shown));
  }

  private bodyOf({ task }: Shown): DraftBody {
    return { answer: this.answer.peek(), schema_version: task.schema_version, active_ms: this.activity.ms };
  }

  private schemaOf(version: number): Promise<Schema | null> {
    const known = this.schemas.get(version);
    if (known) return Promise.resolve(known);
    const asking = this.asking.get(version) ?? this.fetchSchema(version);
    this.asking.set(version, asking);
    void asking.finally(() => this.asking.delete(version));
    return asking;
  }

  private async fetchSchema(version: number): Promise<Schema | null> {
    const path = `projects/${this.config.project}/schema?version=${version}`;
    const reply = await this.api.get<{ version: number; schema: Schema | null }>(path);
    if (!reply.ok || !reply.value.schema) return null;
    this.schemas.set(version, reply.value.schema);
    return reply.value.schema;
  }

  private remember(task: string, recent: Recent): void {
    this.recent.delete(task);
    this.recent.set(task, recent);
    const [oldest] = this.recent.keys();
    if (this.recent.size > MOST_RECENT && oldest) this.recent.delete(oldest);
  }

  private wasSent({ parcel, reply }: Sent): void {
    void this.queue.taken();
    // Whether a skipped item comes back is the project's to say: the server knows what is left now.
    if (parcel.kind !== "submission") return void this.refresh();
    if (typeof reply.receipt === "string") this.receipt.value = reply.receipt;
    const info = this.info.peek();
    if (!info || reply.again === true) return;
    const { progress } = info;
    this.more.value = Math.max(0, this.more.peek() - 1);
    this.info.value = {
      ...info,
      progress: {
        ...progress,
        today: progress.today + 1,
        mine: progress.mine + 1,
        left_for_me: progress.left_for_me === null ? null : Math.max(0, progress.left_for_me - 1),
        active_ms_today: progress.active_ms_today + parcel.active_ms,
      },
    };
  }

  private wasBeaten(beat: Beat): void {
    const info = this.info.peek();
    if (!info) return;
    const { schema_version, guidelines } = info;
    if (beat.schema_version === schema_version && beat.guidelines_version === guidelines.version) return;
    void this.refresh().then((done) => {
      const now = this.info.peek();
      if (done && now && guidelinesAreNew(now)) this.say(t("The guidelines have changed."), false);
    });
  }

  private isMe(info: DeskInfo): boolean {
    if (info.me.member === this.config.person) return true;
    this.meet(blank("signed-out", "other_person"));
    return false;
  }

  /** Its counts of today begin where the person is. */
  private askDesk(): Promise<Reply<DeskInfo>> {
    const east = -new Date().getTimezoneOffset();
    return this.api.get<DeskInfo>(`projects/${this.config.project}/desk?zone=${east}`);
  }

  private async samePerson(): Promise<Reply<boolean>> {
    const reply = await this.askDesk();
    return reply.ok ? { ok: true, value: reply.value.me.member === this.config.person } : reply;
  }
}

function blank(kind: Problem["kind"], code = ""): Pick<Problem, "kind" | "code" | "message"> {
  return { kind, code, message: "" };
}

function isText({ schema }: Shown, id: string): boolean {
  return schema.questions.some((question) => question.id === id && question.type === "text");
}

/** The answers of questions that the schema still has. */
function fitting(schema: Schema, answer: Answer): Answer {
  const ids = new Set(schema.questions.map(({ id }) => id));
  return Object.fromEntries(Object.entries(answer).filter(([id]) => ids.has(id)));
}
