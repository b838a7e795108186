/** The questions of every version that a task on this desk was made for, and whatever else is made ready ahead. */
import type { Api } from "../core/api";
import type { Answer, Schema, Task } from "../core/types";
import { prepareMarkdown } from "../parts/rich";

export class Schemas {
  private readonly known = new Map<number, Schema>();
  private readonly asking = new Map<number, Promise<Schema | null>>();

  constructor(
    private readonly project: string,
    private readonly api: Api,
  ) {}

  keep(version: number, schema: Schema): void {
    this.known.set(version, schema);
  }

  /** What is here already. */
  at(version: number): Schema | null {
    return this.known.get(version) ?? null;
  }

  /** Nothing: the server did not answer. */
  of(version: number): Promise<Schema | null> {
    const known = this.known.get(version);
    if (known) return Promise.resolve(known);
    const asking = this.asking.get(version) ?? this.fetch(version);
    this.asking.set(version, asking);
    void asking.finally(() => this.asking.delete(version));
    return asking;
  }

  /** Whatever the next task needs is here before it is shown: its questions, and its Markdown rendered. */
  async prepare(task: Task): Promise<void> {
    const schema = await this.of(task.schema_version);
    if (!schema) return;
    const fields = Object.keys(schema.item).filter((name) => schema.item[name] === "markdown");
    const texts = fields.map((name) => task.item[name]).filter((text) => typeof text === "string");
    const asMarkdown = (schema.candidates?.as ?? "markdown") === "markdown";
    const candidates = asMarkdown ? (task.candidates ?? []).map(({ content }) => content) : [];
    if (texts.length + candidates.length > 0) prepareMarkdown([...texts, ...candidates]);
  }

  private async fetch(version: number): Promise<Schema | null> {
    const path = `projects/${this.project}/schema?version=${version}`;
    const reply = await this.api.get<{ version: number; schema: Schema | null }>(path);
    if (!reply.ok || !reply.value.schema) return null;
    this.keep(version, reply.value.schema);
    return reply.value.schema;
  }
}

/** The answers of questions that the schema still has. */
export function fitting(schema: Schema, answer: Answer): Answer {
  const ids = new Set(schema.questions.map(({ id }) => id));
  return Object.fromEntries(Object.entries(answer).filter(([id]) => ids.has(id)));
}

export function isText(schema: Schema, id: string): boolean {
  return schema.questions.some((question) => question.id === id && question.type === "text");
}
