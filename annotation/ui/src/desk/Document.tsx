/** The item and its questions; or why there is none. */
import { useEffect, useRef } from "preact/hooks";
import { t } from "../core/words";
import { useKeyed, Work, type WorkProps } from "../parts/work";
import { type Desk, useDesk } from "./context";
import { Empty } from "./Empty";
import type { Shown } from "./info";

/** What the parts of a task are given; the document and the bar below ask for the same. */
export function useWorkProps({ work }: Desk, { task, schema }: Shown): WorkProps {
  const answer = work.answer.value;
  return {
    schema,
    task,
    answer,
    onAnswer: (question, value) => work.change(question, value),
    keyed: useKeyed(schema, task, answer),
    faults: work.tried.value ? work.faults.value : [],
    disabled: work.disabled.value || task.problem !== null,
    bar: true,
  };
}

export function Document() {
  const { work } = useDesk();
  const shown = work.shown.value;
  return (
    <section class="ws-doc" tabIndex={-1} id="item" aria-label={t("The item")}>
      <Notices />
      {shown ? <Item shown={shown} /> : <Empty />}
    </section>
  );
}

function Notices() {
  const { work } = useDesk();
  const hint = work.hint.value;
  return (
    <>
      {hint && <p class="ws-notice">{hint}</p>}
      {work.drafts.full.value && (
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
  const desk = useDesk();
  const place = useRef<HTMLDivElement>(null);
  const props = useWorkProps(desk, shown);
  useEffect(() => {
    // A new item: to its beginning, and the keys are the desk's.
    document.getElementById("item")?.scrollTo(0, 0);
    if (!document.querySelector("dialog[open]")) place.current?.focus({ preventScroll: true });
  }, [shown.task.id]);
  return (
    <div
      class="ws-item"
      ref={place}
      tabIndex={-1}
      aria-label={t("Item")}
      role="group"
      data-task={shown.task.id}
    >
      <Work {...props} />
    </div>
  );
}
