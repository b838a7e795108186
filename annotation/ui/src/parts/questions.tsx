/** The parts by type of question. A new type is one file and one line here. */
import { perOf } from "../core/targets";
import type { Question, Schema, Task } from "../core/types";
import { choice } from "./choice";
import { choices } from "./choices";
import type { PartEntry, PartTable } from "./contract";
import { preference } from "./preference";
import { ranking } from "./ranking";
import { rating } from "./rating";
import { spans } from "./spans";
import { taxonomy } from "./taxonomy";
import { written } from "./written";

const PARTS: PartTable = { choice, choices, taxonomy, spans, preference, ranking, rating, text: written };

/** The part of a question, or nothing when this workspace is older than the schema. */
export function partOf(question: Question): PartEntry | undefined {
  return PARTS[question.type] as PartEntry | undefined;
}

/** The question whose buttons stand in the sticky bar: the first that is always asked and fits there. */
export function barQuestion(schema: Schema, task: Task): Question | undefined {
  return schema.questions.find((question) => {
    const entry = partOf(question);
    if (question.when || perOf(question)) return false;
    return entry?.Bar !== undefined || entry?.fitsBar?.(question, task) === true;
  });
}
