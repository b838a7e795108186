/** No task on the screen: why, and what to do. */
import { t, tn } from "../core/words";
import { useDesk } from "./context";

export function Empty() {
  const { work } = useDesk();
  const { queue, info, config } = work;
  const reason = queue.reason.value;
  const problem = queue.problem.value;
  const today = (info.value?.progress.today ?? 0) + work.more.value;
  if (work.consent.value || work.block.value) return null;
  if (queue.elsewhere.value) {
    return (
      <Card
        title={t("Your items are open in another tab")}
        text={t("Go on there, or close it: they come here within a few seconds.")}
        again={() => void queue.again()}
      />
    );
  }
  if (reason) {
    return (
      <Card title={titleOf(reason.code)} text={reason.message} again={() => void queue.again()}>
        {today > 0 && <p>{tn("You gave 1 answer today.", "You gave {n} answers today.", today)}</p>}
        {!config.practice && (
          <p>
            <a href={config.pages.projects}>{t("Your projects")}</a> ·{" "}
            <a href={config.pages.receipts}>{t("Your receipts")}</a> ·{" "}
            <a href={config.pages.practice}>{t("Practice project")}</a>
          </p>
        )}
        {config.practice && (
          <p>
            <a class="button button-primary" href={config.pages.projects}>
              {t("To your projects")}
            </a>
          </p>
        )}
      </Card>
    );
  }
  if (problem) {
    const offline = problem.kind === "offline";
    return (
      <Card
        title={offline ? t("You are offline") : t("The server did not answer as it should")}
        text={
          problem.message ||
          t(
            "Nothing is lost. What you have answered is kept and sent; the next item comes as soon as the server answers.",
          )
        }
        again={() => void queue.again()}
      />
    );
  }
  return (
    <div class="ws-loading" role="status">
      <span class="visually-hidden">{t("Taking the next item")}</span>
      <div class="ws-card ws-ghost" aria-hidden="true" />
    </div>
  );
}

type CardProps = { title: string; text: string; again?: () => void; children?: preact.ComponentChildren };

export function Card({ title, text, again, children }: CardProps) {
  return (
    <section class="ws-card ws-empty" role="status">
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
      {again && (
        <button class="button" type="button" onClick={again}>
          {t("Look again")}
        </button>
      )}
    </section>
  );
}

function titleOf(code: string): string {
  switch (code) {
    case "done":
      return t("All done");
    case "paused":
      return t("This project is paused");
    case "closed":
      return t("This project is closed");
    case "not_assigned":
      return t("You are not assigned to this project");
    case "cap":
      return t("You have reached your share");
    default:
      return t("Nothing to label here right now");
  }
}
