/** The item and its questions; or why there is none. */
import { useEffect, useRef } from "preact/hooks";
import type { Question } from "../core/types";
import { t } from "../core/words";
import { FieldView } from "../parts/fields";
import { partOf } from "../parts/questions";
import { useDesk } from "./context";
import { Empty } from "./Empty";
import { type Shown } from "./info";
import { barQuestion, QuestionCard } from "./Questions";

export function Document() {
  const { work } = useDesk();
  const shown = work.shown.value;
  return (
    <div class="ws-doc" tabIndex={-1} id="item">
      <Notices />
      {shown ? <Item shown={shown} /> : <Empty />}
    </div>
  );
}

function Notices() {
  const { work } = useDesk();
  const full = work.drafts.full.value;
  const hint = work.hint.value;
  return (
    <>
      {hint && <p class="ws-notice">{hint}</p>}
      {full && (
        <p class="ws-notice" data-tone="warn" role="alert">
          {t(
            "This browser has no room left to keep your work. Drafts go to the server every second; stay online until they are saved.",
          )}
        </p>
      )}
      {work.note.value && (
        <p class="ws-notice" data-tone="warn" role="status">
          {work.note.value}
        </p>
      )}
    </>
  );
}

function Item({ shown }: { shown: Shown }) {
  const { work, view } = useDesk();
  const { task, schema } = shown;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // A new item: to its beginning, and the keys are the desk's.
    document.getElementById("item")?.scrollTo(0, 0);
    view.focused.value = null;
    if (!document.querySelector("dialog[open]")) place.current?.focus({ preventScroll: true });
  }, [task.id]);
  const bar = barQuestion(schema, task);
  const shownByParts = new Set(schema.questions.map((question) => partOf(question)?.showsField?.(question)));
  const fields = Object.entries(schema.item).filter(([name]) => !shownByParts.has(name));
  return (
    <div class="ws-item" ref={place} tabIndex={-1} aria-label={t("Item")} role="group" key={task.id}>
      {task.problem && (
        <p class="ws-notice" data-tone="bad" role="alert">
          {t("This item does not fit the questions: {problem} Skip or flag it.", { problem: task.problem })}
        </p>
      )}
      {fields.map(([name, shownAs]) => (
        <section class="ws-card" aria-label={name} key={name}>
          {Object.keys(schema.item).length + (task.candidates ? 1 : 0) > 1 && <h2>{name}</h2>}
          <FieldView name={name} value={task.item[name] ?? null} shown={shownAs} />
        </section>
      ))}
      {work.asked.value.filter(inDocument(bar)).map((question) => (
        <QuestionCard question={question} key={question.id} />
      ))}
    </div>
  );
}

/** The question of the bar stays in the document only if the bar shows nothing but its buttons. */
function inDocument(bar: Question | null): (question: Question) => boolean {
  return (question) => question.id !== bar?.id || partOf(question)?.Bar !== undefined;
}
