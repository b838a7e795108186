/** Which question has the digit and letter keys, and keys of options. */
import { isOpen } from "./check";
import type { Answer, Option, Question, Task } from "./types";

/** As the server gives them: digits, then letters that mean nothing else on the page. */
const KEYS = "1234567890abcdeilmnopqtvwxyz";

/** The key of each option, in order: its own, else the next free one, else none. */
export function keysOf(options: readonly Option[]): string[] {
  const taken = new Set(options.map(({ key }) => key));
  const free = [...KEYS].filter((key) => !taken.has(key));
  return options.map(({ key }) => key || (free.shift() ?? ""));
}

/**
 * The focused question while it is open or takes several keys, else the first open one, else the focused or
 * last one, so that an answer can be changed. `takers` are the asked questions that take keys, in order.
 */
export function keyedQuestion(
  takers: readonly { question: Question; keeps: boolean }[],
  task: Pick<Task, "item" | "candidates">,
  answer: Answer,
  focused: string | null,
): string | null {
  const open = ({ question }: { question: Question }) => isOpen(question, task, answer[question.id]);
  const here = takers.find(({ question }) => question.id === focused);
  if (here && (here.keeps || open(here))) return here.question.id;
  return (takers.find(open) ?? here ?? takers.at(-1))?.question.id ?? null;
}
