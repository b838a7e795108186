/** Everything that asks or tells before work goes on; at most one at a time, the most urgent first. */
import type { DraftBody } from "../core/types";
import { t, type Word, word } from "../core/words";
import { Agreement, PurposeDialog } from "./Consent";
import { useDesk } from "./context";
import { Dialog } from "./Dialog";
import { InWords } from "./InWords";
import { QuizDialog } from "./Quiz";
import { Sheet } from "./Sheet";
import { FlagDialog, SkipDialog } from "./TaskDialogs";
import { Unsent } from "./Unsent";

export function Dialogs() {
  const { work, view } = useDesk();
  if (work.block.value) return <Blocked key={work.block.value.kind} />;
  if (work.consent.value === "purpose") return <PurposeDialog />;
  if (work.consent.value === "agreement") return <Agreement />;
  if (work.consent.value === "quiz") return <QuizDialog />;
  if (work.drafts.conflict.value) return <ConflictDialog />;
  if (work.queue.lost.value) return <LostLease />;
  switch (view.dialog.value) {
    case "sheet":
      return <Sheet />;
    case "skip":
      return <SkipDialog />;
    case "flag":
      return <FlagDialog />;
    case "quiz":
      return <QuizDialog onClose={() => (view.dialog.value = null)} />;
    case "unsent":
      return <Unsent />;
    default:
      return null;
  }
}

function Blocked() {
  const { work } = useDesk();
  const kind = work.block.value?.kind;
  const goOn = (
    <button class="button" type="button" onClick={() => void work.goOn()}>
      {t("Go on")}
    </button>
  );
  if (kind === "dark") {
    return (
      <Dialog title={t("This workspace is dark")}>
        <p>
          {work.block.value?.message || t("Its keys are out of reach, so nothing here can be read for now.")}
        </p>
        <p>{t("Your work is kept. This page goes on by itself when the keys are back.")}</p>
        <div class="ws-dialog-end">{goOn}</div>
      </Dialog>
    );
  }
  if (kind === "refused") {
    return (
      <Dialog title={t("You can no longer label here")}>
        <p>{work.block.value?.message || t("Your right to label in this project has ended.")}</p>
        <p>
          {t(
            "What you had not sent is kept in this browser. If this is a mistake, ask the manager, then go on.",
          )}
        </p>
        <div class="ws-dialog-end">
          {goOn}
          <a class="button button-primary" href={work.config.pages.projects}>
            {t("Your projects")}
          </a>
        </div>
      </Dialog>
    );
  }
  const other = kind === "other-person";
  return (
    <Dialog title={other ? t("Somebody else is signed in") : t("Sign in again")}>
      <p>
        {other
          ? t(
              "This browser is signed in as another person now. Your work is kept; nothing is sent in their name.",
            )
          : t(
              "Your session has ended. Everything you did is kept. Sign in in a new tab, then come back: work goes on here.",
            )}
      </p>
      <div class="ws-dialog-end">
        {goOn}
        <a class="button button-primary" href={work.config.pages.signIn} target="_blank" rel="noopener">
          {t("Sign in in a new tab")}
        </a>
      </div>
    </Dialog>
  );
}

function ConflictDialog() {
  const { work } = useDesk();
  const conflict = work.drafts.conflict.value;
  if (!conflict) return null;
  const version = (title: Word, { answer, schema_version }: DraftBody) => (
    <section>
      <h3>{t(title)}</h3>
      <InWords answer={answer} schema={work.schemas.at(schema_version)} label={t(title)} />
    </section>
  );
  return (
    <Dialog title={t("Two versions of your draft")} wide>
      <p>
        {t("This item was changed in another window or on another computer too. Which draft should stay?")}
      </p>
      <div class="ws-versions">
        {version(word("The other one"), conflict.theirs)}
        {version(word("The one in this window"), conflict.mine)}
      </div>
      <p class="muted">{t("Nothing is overwritten until you choose.")}</p>
      <div class="ws-dialog-end">
        <button class="button" type="button" onClick={() => work.resolve("theirs")}>
          {t("The other one")}
        </button>
        <button class="button button-primary" type="button" onClick={() => work.resolve("mine")}>
          {t("The one in this window")}
        </button>
      </div>
    </Dialog>
  );
}

function LostLease() {
  const { work } = useDesk();
  return (
    <Dialog title={t("This item went back to the queue")}>
      <p>
        {t(
          "It is no longer held for you: its time ran out, or a manager took it back, and somebody else may have it now. Your draft is kept in case it comes back to you.",
        )}
      </p>
      <div class="ws-dialog-end">
        <button class="button" type="button" onClick={() => void work.submitLost()}>
          {t("Try to submit it all the same")}
        </button>
        <button class="button button-primary" type="button" onClick={() => work.queue.letGo()}>
          {t("Next item")}
        </button>
      </div>
    </Dialog>
  );
}
