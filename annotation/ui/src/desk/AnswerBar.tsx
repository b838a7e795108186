/** Always in view: the answers of one question with their keys, and what can be done with the task. */
import { keys } from "../core/keys";
import { t, tn } from "../core/words";
import { Key, shortcut } from "../parts/commands";
import { barQuestion } from "../parts/questions";
import { AnswerBar as BarControls } from "../parts/work";
import { useDesk } from "./context";
import { useWorkProps } from "./Document";
import type { Shown } from "./info";

export function AnswerBar() {
  const { work, view } = useDesk();
  const shown = work.shown.value;
  return (
    <section class="ws-bar" aria-label={t("Answer")}>
      <div class="ws-bar-answer">
        <div class="ws-bar-column">{shown && <BarQuestion shown={shown} />}</div>
      </div>
      <div class="ws-bar-end">
        <button
          class="ws-quiet"
          type="button"
          disabled={!shown}
          aria-keyshortcuts={shortcut("flag", true)}
          onClick={() => (view.dialog.value = "flag")}
        >
          {t("Flag")} <Key of="flag" />
        </button>
        {work.info.value?.skip.allowed !== false && (
          <button
            class="ws-quiet"
            type="button"
            disabled={!shown}
            aria-keyshortcuts={shortcut("skip", true)}
            onClick={() => keys.run("skip")}
          >
            {t("Skip")} <Key of="skip" />
          </button>
        )}
        <button
          class="button button-primary ws-submit"
          type="button"
          aria-disabled={!shown || work.disabled.value || shown.task.problem !== null}
          aria-keyshortcuts={shortcut("submit", true)}
          onClick={() => keys.run("submit")}
        >
          {t("Submit")} <Key of="submit" />
        </button>
      </div>
    </section>
  );
}

function BarQuestion({ shown }: { shown: Shown }) {
  const desk = useDesk();
  const props = useWorkProps(desk, shown);
  if (barQuestion(shown.schema, shown.task)) return <BarControls {...props} />;
  const open = desk.work.faults.value.length;
  return (
    <p class="ws-open">
      {open > 0 ? tn("1 question is open", "{n} questions are open", open) : t("Ready to submit")}
    </p>
  );
}
