/** The parts by type of question. A new type is one file and one line here. */
import type { Question } from "../core/types";
import { choice } from "./choice";
import type { PartEntry, PartTable } from "./contract";

const PARTS: PartTable = { choice };

/** The part of a question, or nothing when this workspace is older than the schema. */
export function partOf(question: Question): PartEntry | undefined {
  return PARTS[question.type] as PartEntry | undefined;
}
