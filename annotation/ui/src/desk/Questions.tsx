/** Questions: which part shows each, which has the keys, which stands in the bar. */
import { keyedQuestion } from "../core/keyed";
import { perOf } from "../core/targets";
import type { Question, Schema, Task, Value } from "../core/types";
import { t } from "../core/words";
import type { PartProps } from "../parts/contract";
import { partOf } from "../parts/questions";
import { type Desk, useDesk } from "./context";

/** The question that stands in the sticky bar: the first that always is asked and fits; the same for each task. */
export function barQuestion(schema: Schema, task: Task): Question | null {
  const fits = (question: Question) => {
    const part = partOf(question);
    if (!part || question.when || perOf(question)) return false;
    return part.Bar !== undefined || part.fitsBar?.(question, task) === true;
  };
  return schema.questions.find(fits) ?? null;
}

/** The question that has the digit and letter keys now. */
export function keyed({ work, view }: Desk): string | null {
  const shown = work.shown.value;
  if (!shown) return null;
  const takers = work.asked.value.flatMap((question) => {
    const part = partOf(question);
    if (!part || part.hasKeys === false) return [];
    return [{ question, keeps: part.keepsKeys?.(question) ?? false }];
  });
  return keyedQuestion(takers, shown.task, work.answer.value, view.focused.value);
}

/** What a question's part is given. */
export function propsOf(desk: Desk, question: Question): PartProps | null {
  const { work } = desk;
  const shown = work.shown.value;
  if (!shown) return null;
  const fault = work.tried.value ? work.faults.value.find(({ field }) => field === question.id) : undefined;
  return {
    question,
    schema: shown.schema,
    task: shown.task,
    answer: work.answer.value,
    value: work.answer.value[question.id],
    onChange: (value: Value | undefined) => work.change(question.id, value),
    keysActive: keyed(desk) === question.id,
    disabled: work.disabled.value || shown.task.problem !== null,
    error: fault?.message,
  };
}

export function QuestionCard({ question }: { question: Question }) {
  const desk = useDesk();
  const props = propsOf(desk, question);
  const part = partOf(question);
  if (!props) return null;
  return (
    <section
      class="ws-card ws-question"
      id={`question-${question.id}`}
      data-keyed={props.keysActive}
      data-wrong={props.error !== undefined}
      onFocusIn={() => (desk.view.focused.value = question.id)}
    >
      {part ? (
        <part.Part {...props} />
      ) : (
        <p role="alert">{t("This page is older than the question. Load it again.")}</p>
      )}
    </section>
  );
}
