/** What a part of a question is given, and what it says about itself. */
import type { ComponentType } from "preact";
import type { Answer, Question, QuestionOf, QuestionType, Schema, Task, Value } from "../core/types";

export type PartProps<Q extends Question = Question> = {
  question: Q;
  schema: Schema;
  task: Task;
  answer: Answer;
  value: Value | undefined;
  /** `undefined` takes the value away. */
  onChange(value: Value | undefined): void;
  /** This question has the digit and letter keys now: only then does the part provide its commands. */
  keysActive: boolean;
  disabled: boolean;
  /** What is wrong with the answer, said once somebody tried to submit. */
  error?: string | undefined;
  /** Of a question asked per message or per candidate: which one, and its name for people. */
  target?: { id: string; name: string } | undefined;
  /** Stands in the sticky bar: one row, its heading for screen readers only. */
  inBar?: boolean;
};

export type PartEntry<Q extends Question = Question> = {
  /** The question in the document. */
  Part: ComponentType<PartProps<Q>>;
  /** Buttons in the sticky bar (labels of spans); `Part` stays in the document. It acts by `keys.run(id)`. */
  Bar?: ComponentType<PartProps<Q>>;
  /** `Part` itself may stand in the sticky bar: a single row of buttons. */
  fitsBar?(question: Q, task: Task): boolean;
  /** The field of the item that the part shows itself, so that the document does not show it twice. */
  showsField?(question: Q): string | null;
  /** Answers by single keys; without, the keys stay with another question. */
  hasKeys?: boolean;
  /** Several keys make one answer: while it has the focus it keeps the keys. */
  keepsKeys?(question: Q): boolean;
};
export type PartTable = { [T in QuestionType]?: PartEntry<QuestionOf<T>> };
