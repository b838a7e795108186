/** A labeler's work: all of the desk's state, and how it follows the server. No markup. */
import { computed, effect, signal } from "@preact/signals";
import { Activity } from "../core/activity";
import type { Api, Problem, Reply } from "../core/api";
import { faultsOf } from "../core/check";
import { asked, onlyAsked } from "../core/conditions";
import type { Store } from "../core/db";
import { Drafts } from "../core/drafts";
import { History } from "../core/history";
import { Outbox, type Sent } from "../core/outbox";
import { type Beat, Queue } from "../core/queue";
import { type BrowserKey, Sealer } from "../core/seal";
import type { Answer, DraftBody, Task, Value } from "../core/types";
import { t } from "../core/words";
import {
  type Config,
  type DeskInfo,
  guidelinesAreNew,
  type JudgedQuiz,
  oneMore,
  quizIsOpen,
  type Shown,
} from "./info";
import { Said } from "./said";
import { fitting, isText, Schemas } from "./schemas";
import { Steps } from "./steps";

export type Block = { kind: "signed-out" | "other-person" | "dark" | "refused"; message: string };

const AGAIN_MS = 2_000;
const DARK_AGAIN_MS = 10_000;

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
  /** Answers given in this tab that the server's count does not have yet. */
  readonly more = signal(0);
  readonly queue: Queue;
  readonly drafts: Drafts;
  readonly outbox: Outbox;
  readonly history = new History();
  readonly activity = new Activity();
  readonly sealer: Sealer;
  private readonly said = new Said();
  readonly toast = this.said.toast;
  readonly asked = computed(() => {
    const shown = this.shown.value;
    return shown ? asked(shown.schema, this.answer.value) : [];
  });
  readonly faults = computed(() => {
    const shown = this.shown.value;
    return shown ? faultsOf(shown.schema, shown.task, onlyAsked(shown.schema, this.answer.value)) : [];
  });
  /** What must be agreed to or answered before the first task: nothing, or which of them. */
  readonly consent = computed<"purpose" | "agreement" | "quiz" | null>(() => {
    const info = this.info.value;
    if (info?.purpose && !info.purpose.accepted) return "purpose";
    if (info?.agreement && !info.agreement.accepted) return "agreement";
    return info?.guidelines.required && quizIsOpen(info) ? "quiz" : null;
  });
  readonly disabled = computed(() => this.block.value !== null || this.queue.lost.value);
  readonly schemas: Schemas;
  private readonly steps = new Steps(this);
  private readonly ends: (() => void)[] = [];
  private opening = 0;

  constructor(
    readonly config: Config,
    readonly api: Api,
    readonly store: Store,
  ) {
    const owner = { tenant: config.tenant, person: config.person };
    this.sealer = new Sealer((id) => api.post<BrowserKey>("browser-key", id ? { id } : {}));
    this.schemas = new Schemas(config.project, api);
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
        for (const task of this.queue.ahead.value) void this.schemas.prepare(task);
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
    if (reply.value.schema) this.schemas.keep(reply.value.schema_version, reply.value.schema);
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

  /** Let the server judge the answers about the guidelines; null when it could not. All right: work begins. */
  async answerQuiz(answers: readonly number[]): Promise<JudgedQuiz | null> {
    const version = this.info.peek()?.guidelines.version;
    const before = this.consent.peek();
    const reply = await this.api.post<JudgedQuiz>(`projects/${this.config.project}/quiz`, {
      version,
      answers,
    });
    if (!reply.ok) {
      if (this.meet(reply.problem)) return null;
      this.say(reply.problem.message || t("The server did not answer. Try again."), false, "warn");
      if (reply.problem.code === "terms_changed") await this.refresh();
      return null;
    }
    if (reply.value.passed && (await this.refresh()) && before && !this.consent.peek()) {
      await this.queue.start(await this.outbox.tasks());
    }
    return reply.value;
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
      typeof value === "string" && isText(shown.schema, question),
    );
    this.set(after);
  }

  /** Send the answer and go on. False: something is still open. */
  submit(): Promise<boolean> {
    return this.steps.submit();
  }

  /** The lease is gone: the answer goes out all the same, and the server decides. */
  async submitLost(): Promise<void> {
    this.queue.lost.value = false;
    await this.submit();
  }

  skip(reason: string, note: string): Promise<boolean> {
    return this.steps.skip(reason, note);
  }

  undo(): Promise<void> {
    return this.steps.undo();
  }

  redo(): Promise<void> {
    return this.steps.redo();
  }

  /** Open an answer of before again, from the list of one's own. */
  reopen(task: string): Promise<boolean> {
    return this.steps.reopen(task);
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
    this.said.dismiss();
  }

  /** A short message; with `undo` it offers to take back what was done. */
  say(text: string, undo: boolean, tone?: "warn"): void {
    this.said.say(text, undo, tone);
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

  /** Put an answer on the screen, and keep it as the draft. */
  set(answer: Answer, keep = true): void {
    const shown = this.shown.peek();
    this.answer.value = answer;
    if (keep && shown) this.drafts.change(shown.task.id, this.bodyOf(shown));
  }

  bodyOf({ task }: Shown): DraftBody {
    return { answer: this.answer.peek(), schema_version: task.schema_version, active_ms: this.activity.ms };
  }

  private async open(task: Task | null): Promise<void> {
    const turn = ++this.opening;
    if (!task) {
      this.shown.value = null;
      return;
    }
    const [schema, draft] = await Promise.all([
      this.schemas.of(task.schema_version),
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

  private wasSent({ parcel, reply }: Sent): void {
    void this.queue.taken();
    // Whether a skipped item comes back is the project's to say: the server knows what is left now.
    if (parcel.kind !== "submission") return void this.refresh();
    if (typeof reply.receipt === "string") this.receipt.value = reply.receipt;
    const info = this.info.peek();
    if (!info || reply.again === true) return;
    this.more.value = Math.max(0, this.more.peek() - 1);
    this.info.value = oneMore(info, parcel.active_ms);
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
