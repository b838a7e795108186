/** One's last answers here: when, how they stand, and the way to open one again while that is allowed. */
import { useEffect, useState } from "preact/hooks";
import { t, tn } from "../core/words";
import { useDesk } from "./context";
import type { Mine } from "./info";

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});

export function HistoryPanel() {
  const { work, view } = useDesk();
  const [mine, setMine] = useState<Mine[] | null>(null);
  const [failed, setFailed] = useState(false);
  const waiting = work.outbox.waiting.value;
  const shown = work.shown.value?.task.id;
  useEffect(() => {
    void work.api
      .get<{ answers: Mine[] }>(`projects/${work.config.project}/mine?limit=20`)
      .then((reply) => (reply.ok ? (setMine(reply.value.answers), setFailed(false)) : setFailed(true)));
  }, [waiting, shown]);
  const minutes = Math.round((work.info.value?.progress.active_ms_today ?? 0) / 60_000);
  return (
    <div class="ws-stack">
      {minutes > 0 && (
        <p class="muted">
          {tn("1 minute of active work today", "{n} minutes of active work today", minutes)}
        </p>
      )}
      {waiting > 0 && (
        <p class="muted" role="status">
          {tn("1 answer is still to be sent.", "{n} answers are still to be sent.", waiting)}
        </p>
      )}
      {work.receipt.value && (
        <p class="muted">
          {t("Receipt of your last answer:")}{" "}
          <code data-last-receipt>{work.receipt.value.split(";")[0]}</code>
        </p>
      )}
      {failed && <p class="muted">{t("The list could not be fetched. It comes when the server answers.")}</p>}
      {mine?.length === 0 && (
        <p class="muted">{t("Your last 20 answers will stand here; recent ones can be opened again.")}</p>
      )}
      {mine && mine.length > 0 && (
        <>
          <h3 class="ws-mine-head">{t("Your last answers, newest first")}</h3>
          <ol class="ws-mine">
            {mine.map((one) => (
              <li key={one.submission}>
                <span>
                  <time dateTime={one.submitted_at}>{when(one.submitted_at)}</time>
                  {one.state && <span class="muted"> {stateInWords(one.state)}</span>}
                </span>
                {one.can_reopen && (
                  <button
                    class="button button-small"
                    type="button"
                    onClick={() => {
                      view.panelOpen.value = false;
                      void work.reopen(one.task);
                    }}
                  >
                    {t("Open again")}
                  </button>
                )}
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}

function when(text: string): string {
  const moment = new Date(text);
  return (moment.toDateString() === new Date().toDateString() ? TIME : DAY).format(moment);
}

function stateInWords(state: string): string {
  switch (state) {
    case "accepted":
      return t("kept");
    case "withdrawn":
      return t("taken back");
    default:
      return "";
  }
}
