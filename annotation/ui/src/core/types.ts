/** The label schema, tasks and answers, as the server writes them (platform/docs/label-schema.md). */

export type ShownAs = "text" | "markdown" | "chat";
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type Message = { role: "user" | "assistant" | "system" | "tool"; content: string };
export type Candidate = { name: string; content: string };

export type Option = { id: string; text: string; key?: string };
export type TreeOption = Option & { options?: TreeOption[] };
export type When = { question: string; is: (string | number)[] };
export type Per = "candidates" | { messages: string; roles?: Message["role"][] };

type Common = {
  id: string;
  text: string;
  help?: string;
  required?: boolean;
  when?: When;
  cannot_assess?: boolean;
};
export type ChoiceQuestion = Common & { type: "choice"; options: Option[]; per?: Per };
export type ChoicesQuestion = Common & {
  type: "choices";
  options: Option[];
  min?: number;
  max?: number;
  per?: Per;
};
export type TaxonomyQuestion = Common & {
  type: "taxonomy";
  options: TreeOption[];
  leaf_only?: boolean;
  many?: boolean;
};
export type SpansQuestion = Common & { type: "spans"; of: string; options: Option[]; overlap?: boolean };
export type PreferenceQuestion = Common & {
  type: "preference";
  strength?: number;
  tie?: boolean;
  both_bad?: boolean;
};
export type RankingQuestion = Common & { type: "ranking"; ties?: boolean };
export type RatingQuestion = Common & {
  type: "rating";
  min?: number;
  max?: number;
  low?: string;
  high?: string;
  per?: Per;
};
export type TextQuestion = Common & {
  type: "text";
  markdown?: boolean;
  min_length?: number;
  max_length?: number;
  starts_from?: string;
  lines?: number;
};
export type Question =
  | ChoiceQuestion
  | ChoicesQuestion
  | TaxonomyQuestion
  | SpansQuestion
  | PreferenceQuestion
  | RankingQuestion
  | RatingQuestion
  | TextQuestion;
export type QuestionType = Question["type"];
export type QuestionOf<T extends QuestionType> = Extract<Question, { type: T }>;

export type Schema = {
  version: 1;
  item: Record<string, ShownAs>;
  candidates?: { of: string[] | string; as?: "markdown" | "text" };
  questions: Question[];
};

/** Offsets are Unicode code points of the text as stored; `quote` is what stands between them. */
export type Span = { start: number; end: number; quote: string; label: string };
export type Preference = { better: string; strength?: number };
export type CannotAssess = { cannot_assess: true };
export type PlainValue = string | number | string[] | string[][] | Span[] | Preference;
/** With `per`, one value for each target: a message's index as a decimal string, or a candidate's name. */
export type PerTarget = { [target: string]: PlainValue | CannotAssess };
export type Value = PlainValue | CannotAssess | PerTarget;
export type Answer = { [question: string]: Value };

export type Task = {
  id: string;
  item: { [field: string]: Json };
  candidates: Candidate[] | null;
  /** What does not fit the schema, in words; the task can be skipped or flagged. */
  problem: string | null;
  lease_ends: string;
  schema_version: number;
  draft: Draft | null;
};
export type Draft = { version: number; body: DraftBody };
export type DraftBody = { answer: Answer; schema_version: number; active_ms?: number };

export function cannotAssess(value: unknown): value is CannotAssess {
  return typeof value === "object" && value !== null && "cannot_assess" in value;
}
