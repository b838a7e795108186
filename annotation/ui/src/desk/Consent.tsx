/** What must be agreed to before the first task: what the work is for, and an agreement if there is one. */
import { t } from "../core/words";
import { useDesk } from "./context";
import { Dialog } from "./Dialog";
import { Markdown } from "./Markdown";

export function PurposeDialog() {
  const { work } = useDesk();
  const purpose = work.info.value?.purpose;
  if (!purpose) return null;
  const words = (name: string) => (typeof purpose[name] === "string" ? purpose[name] : "");
  const yes = (name: string) => (purpose[name] === true ? t("Yes") : t("No"));
  return (
    <Dialog title={t("What this work is for")} wide>
      <dl class="facts">
        <dt>{t("It trains")}</dt>
        <dd dir="auto">{words("trains")}</dd>
        <dt>{t("Sector")}</dt>
        <dd dir="auto">{words("sector")}</dd>
        <dt>{t("For defence")}</dt>
        <dd>{yes("defence")}</dd>
        <dt>{t("Disturbing content")}</dt>
        <dd>{yes("disturbing")}</dd>
      </dl>
      {words("words") && <p dir="auto">{words("words")}</p>}
      <p class="muted">
        {t(
          "You may decline. That is recorded nowhere as a mark against you; you can come back and agree later.",
        )}
      </p>
      <Ways kind="purpose" yes={t("I agree to work on this")} />
    </Dialog>
  );
}

export function Agreement() {
  const { work } = useDesk();
  const agreement = work.info.value?.agreement;
  if (!agreement) return null;
  return (
    <Dialog title={t("Agreement, version {version}", { version: agreement.version })} wide>
      <div class="ws-long" tabIndex={0} role="group" aria-label={t("Agreement")}>
        <Markdown text={agreement.markdown} />
      </div>
      <Ways kind="agreement" yes={t("I agree")} />
    </Dialog>
  );
}

function Ways({ kind, yes }: { kind: "purpose" | "agreement"; yes: string }) {
  const { work } = useDesk();
  const decline = async () => {
    if (await work.decide(kind, "declined")) location.assign(work.config.pages.projects);
  };
  return (
    <div class="ws-dialog-end">
      <button class="button" type="button" onClick={() => void decline()}>
        {t("Decline")}
      </button>
      <button class="button button-primary" type="button" onClick={() => void work.decide(kind, "accepted")}>
        {yes}
      </button>
    </div>
  );
}
