/** What the desk is told by the page and by the server. */
import type { Schema, Task } from "../core/types";

export type Config = {
  tenant: string;
  /** The member that this page was made for. */
  person: string;
  project: string;
  /** Address of the API of this workspace, with a slash at its end. */
  api: string;
  pages: { projects: string; signIn: string; receipts: string; practice: string; label: string };
  practice?: boolean;
};

export type Purpose = {
  version: number;
  accepted: boolean;
  /** What the data trains, for whom, whether it is for defence, whether it disturbs: as the project states it. */
  [statement: string]: unknown;
};
export type Agreement = { version: number; markdown: string; accepted: boolean };
export type QuizQuestion = { text: string; choices: readonly string[] };
export type JudgedAnswer = { right: boolean; explanation: string };
export type JudgedQuiz = { passed: boolean; tries: number; answers: JudgedAnswer[] };
export type DeskInfo = {
  project: { id: string; name: string; state: string };
  me: { member: string; code_name: string };
  schema: Schema | null;
  schema_version: number;
  guidelines: {
    version: number;
    markdown: string;
    acknowledged: boolean | number | null;
    required?: boolean;
    /** What must be answered before they are acknowledged; the server alone knows what is right. */
    quiz?: readonly QuizQuestion[];
  };
  purpose: Purpose | null;
  agreement: Agreement | null;
  progress: { today: number; mine: number; left_for_me: number | null; active_ms_today: number };
  skip: { allowed: boolean; needs_reason: boolean };
  lease_minutes: number;
};
export type Mine = {
  task: string;
  submission: string;
  submitted_at: string;
  state: string;
  can_reopen: boolean;
};
export type Comment = {
  id: string;
  kind: "question" | "flag" | "return" | "dispute";
  submission: string | null;
  text: string;
  by: string;
  mine: boolean;
  at: string;
  closed: boolean;
  upheld: boolean;
  answers: { text: string; by: string; at: string }[];
};
export type Shown = { task: Task; schema: Schema };

export const SKIP_REASONS = [
  "unclear",
  "broken",
  "not_my_language",
  "sensitive",
  "too_long",
  "other",
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** Guidelines count as seen when this version was acknowledged; a project without any has nothing to see. */
export function guidelinesAreNew({ guidelines }: DeskInfo): boolean {
  if (guidelines.version === 0) return false;
  const seen = guidelines.acknowledged;
  return typeof seen === "number" ? seen < guidelines.version : seen !== true;
}

/** As the server will count once it has one more answer of this person. */
export function oneMore(info: DeskInfo, activeMs: number): DeskInfo {
  const { progress } = info;
  return {
    ...info,
    progress: {
      today: progress.today + 1,
      mine: progress.mine + 1,
      left_for_me: progress.left_for_me === null ? null : Math.max(0, progress.left_for_me - 1),
      active_ms_today: progress.active_ms_today + activeMs,
    },
  };
}

/** Guidelines with questions are acknowledged by answering those. */
export function quizIsOpen(info: DeskInfo): boolean {
  return guidelinesAreNew(info) && (info.guidelines.quiz?.length ?? 0) > 0;
}
