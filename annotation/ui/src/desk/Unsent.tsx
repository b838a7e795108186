/** Answers that the server did not take: kept, with why, until the person has decided. */
import type { Refused } from "../core/outbox";
import { t } from "../core/words";
import { useDesk } from "./context";
import { Dialog } from "./Dialog";
import { InWords } from "./InWords";

export function Unsent() {
  const { work, view } = useDesk();
  const refused = work.outbox.refused.value;
  return (
    <Dialog title={t("Answers that were not taken")} onClose={() => (view.dialog.value = null)} wide>
      {refused.length === 0 && <p>{t("There are none any more.")}</p>}
      <ul class="ws-unsent">
        {refused.map((one) => (
          <li key={one.id}>
            <p>{why(one)}</p>
            {one.parcel.kind === "submission" ? (
              <InWords
                answer={one.parcel.answer}
                schema={work.schemas.at(one.parcel.schema_version)}
                label={t("Your answer")}
              />
            ) : (
              <p>{t("A skip")}</p>
            )}
            <div class="ws-dialog-end">
              <button
                class="button button-small"
                type="button"
                onClick={() => void work.outbox.discard(one.id)}
              >
                {t("Drop it")}
              </button>
              <button
                class="button button-small"
                type="button"
                onClick={() => void work.outbox.again(one.id)}
              >
                {t("Send it again")}
              </button>
            </div>
          </li>
        ))}
      </ul>
      <div class="ws-dialog-end">
        <button class="button button-primary" type="button" onClick={() => (view.dialog.value = null)}>
          {t("Close")}
        </button>
      </div>
    </Dialog>
  );
}

function why({ code, message }: Refused): string {
  switch (code) {
    case "task_not_held":
      return t("The item's time had run out, and it went to somebody else before this answer arrived.");
    case "answer_differs":
      return t("You have answered this item already, with another answer.");
    default:
      return message || t("The server refused it.");
  }
}
