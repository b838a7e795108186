/** Stands in for the server in practice: answers the workspace's calls in the browser. Nothing is kept. */
import type { Send } from "../../core/api";
import type { Answer, Draft, DraftBody, Task } from "../../core/types";
import { t } from "../../core/words";
import { SKIP_REASONS } from "../info";
import { guidelines, type Lesson, lessons } from "./content";

export const PRACTICE_PERSON = "practice";
export const PRACTICE_PROJECT = "practice";

type State = "open" | "held" | "done" | "skipped";
type Slot = {
  id: string;
  lesson: Lesson;
  version: number;
  state: State;
  draft: Draft | null;
  answer: Answer | null;
};
type Body = Record<string, unknown>;
type Call = { method: string; path: string; query: URLSearchParams; body: Body };

export class PracticeServer {
  readonly slots: Slot[];
  private readonly key = randomKey();
  private acknowledged = 0;
  private done = 0;

  constructor(given: Lesson[] = lessons()) {
    this.slots = given.map((lesson, n) => ({
      id: `lesson-${n + 1}`,
      lesson,
      version: n + 1,
      state: "open",
      draft: null,
      answer: null,
    }));
  }

  /** In place of `fetch`. */
  readonly send: Send = async (address, init) => {
    const [path = "", query = ""] = address.split("?");
    const body = typeof init.body === "string" ? (JSON.parse(init.body) as Body) : {};
    return this.answer({ method: init.method ?? "GET", path, query: new URLSearchParams(query), body });
  };

  private answer(call: Call): Response {
    const { path } = call;
    const task = /^tasks\/([^/]+)\/(\w+)$/.exec(path);
    if (task) return this.ofTask(call, this.slot(task[1]), task[2] ?? "");
    if (path === "browser-key") return json({ id: "practice", key: this.key });
    if (path.endsWith("/desk")) return json(this.desk());
    if (path.endsWith("/schema")) return this.schema(Number(call.query.get("version")));
    if (path.endsWith("/tasks/next")) return json(this.next(call.body));
    if (path.endsWith("/heartbeat")) return json(this.heartbeat(call.body));
    if (path.endsWith("/acknowledgements")) {
      this.acknowledged = 1;
      return json({});
    }
    if (path.endsWith("/mine")) return json({ answers: this.mine() });
    if (path.endsWith("/comments")) return json({ comments: [] });
    return refuse(404, "not_found");
  }

  private ofTask(call: Call, slot: Slot | undefined, what: string): Response {
    if (!slot) return refuse(404, "not_found");
    switch (what) {
      case "submission":
        if (slot.state !== "done") this.done++;
        slot.state = "done";
        slot.answer = call.body.answer as Answer;
        slot.draft = null;
        return json({ submission: slot.id, task: slot.id, receipt: "", again: false });
      case "skip":
        slot.state = "skipped";
        return json({ task: slot.id });
      case "release":
        if (slot.state === "held") slot.state = "open";
        return json({ task: slot.id });
      case "reopen":
        if (slot.state === "done") this.done--;
        slot.draft = { version: 1, body: { answer: slot.answer ?? {}, schema_version: slot.version } };
        slot.state = "held";
        return json(taskOf(slot));
      case "draft":
        return this.draft(call, slot);
      case "comments":
        return call.method === "GET" ? json({ comments: [] }) : json({ id: "practice" }, 201);
      default:
        return refuse(404, "not_found");
    }
  }

  private draft(call: Call, slot: Slot): Response {
    if (call.method === "PUT") {
      const held = slot.draft?.version ?? 0;
      if (call.body.version !== held) return refuse(409, "draft_conflict", { ...slot.draft });
      slot.draft = { version: held + 1, body: call.body.body as DraftBody };
      return json({ version: held + 1 });
    }
    return slot.draft ? json(slot.draft) : refuse(404, "not_found");
  }

  private desk(): Body {
    const [first] = this.slots;
    return {
      project: { id: PRACTICE_PROJECT, name: t("Practice"), state: "open" },
      me: { member: PRACTICE_PERSON, code_name: "" },
      schema: first?.lesson.schema ?? null,
      schema_version: 1,
      guidelines: { version: 1, markdown: guidelines(), acknowledged: this.acknowledged === 1 },
      purpose: null,
      agreement: null,
      progress: { today: this.done, mine: this.done, left_for_me: this.left(), active_ms_today: 0 },
      skip: { allowed: true, needs_reason: true, reasons: SKIP_REASONS },
      lease_minutes: 30,
    };
  }

  private next({ count, resume }: Body): Body {
    const wanted = this.slots.filter(
      ({ state }) => state === "open" || (resume === true && state === "held"),
    );
    const taken = wanted.slice(0, Number(count ?? 1));
    for (const slot of taken) slot.state = "held";
    const over = { code: "done", message: t("You have done all five practice tasks.") };
    return { tasks: taken.map(taskOf), reason: taken.length ? null : over };
  }

  private heartbeat({ tasks }: Body): Body {
    const held = (tasks as string[]).map((id) => ({ id, lease_ends: leaseEnds() }));
    return { held, lost: [], schema_version: 1, guidelines_version: 1, epoch: 1 };
  }

  private schema(version: number): Response {
    const slot = this.slots.find((one) => one.version === version);
    return slot ? json({ version, schema: slot.lesson.schema }) : refuse(404, "not_found");
  }

  private mine(): Body[] {
    return this.slots
      .filter(({ state }) => state === "done")
      .map(({ id }) => ({
        task: id,
        submission: id,
        submitted_at: new Date().toISOString(),
        state: "",
        can_reopen: true,
      }));
  }

  private left(): number {
    return this.slots.filter(({ state }) => state === "open" || state === "held").length;
  }

  private slot(id = ""): Slot | undefined {
    return this.slots.find((one) => one.id === id);
  }
}

function taskOf({ id, lesson, version, draft }: Slot): Task {
  const { item, candidates } = lesson;
  return { id, item, candidates, problem: null, lease_ends: leaseEnds(), schema_version: version, draft };
}

function leaseEnds(): string {
  return new Date(Date.now() + 30 * 60_000).toISOString();
}

function randomKey(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
}

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status });
}

function refuse(status: number, code: string, more: Body = {}): Response {
  return json({ code, message: "", ...more }, status);
}
