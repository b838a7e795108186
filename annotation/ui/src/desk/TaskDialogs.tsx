/** Skip with a reason, and flag. */
import { useState } from "preact/hooks";
import { t } from "../core/words";
import { CommentForm } from "./Comments";
import { useDesk } from "./context";
import { Dialog } from "./Dialog";
import { SKIP_REASONS, type SkipReason } from "./info";

export function SkipDialog() {
  const { work, view } = useDesk();
  const [reason, setReason] = useState<SkipReason>("unclear");
  const [note, setNote] = useState("");
  const close = () => (view.dialog.value = null);
  const skip = (event: Event) => {
    event.preventDefault();
    close();
    void work.skip(reason, note);
  };
  return (
    <Dialog title={t("Skip this item")} onClose={close}>
      <form class="ws-stack" onSubmit={skip}>
        <fieldset class="ws-reasons">
          <legend class="label">{t("Why?")}</legend>
          {SKIP_REASONS.map((one) => (
            <label key={one}>
              <input type="radio" name="reason" checked={reason === one} onChange={() => setReason(one)} />{" "}
              {inWords(one)}
            </label>
          ))}
        </fieldset>
        <label class="field">
          <span class="label">
            {t("A note")} <span class="muted">{t("(optional)")}</span>
          </span>
          <input
            type="text"
            autocomplete="off"
            maxLength={500}
            value={note}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </label>
        <div class="ws-dialog-end">
          <button class="button" type="button" onClick={close}>
            {t("Back to the item")}
          </button>
          <button class="button button-primary" type="submit">
            {t("Skip")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function FlagDialog() {
  const { view } = useDesk();
  const close = () => (view.dialog.value = null);
  return (
    <Dialog title={t("Flag this item")} onClose={close}>
      <p class="muted">
        {t("Something is wrong with it? The managers see what you write. You can go on answering it.")}
      </p>
      <CommentForm kind="flag" label={t("What is wrong?")} done={close} onClose={close} />
    </Dialog>
  );
}

function inWords(reason: SkipReason): string {
  switch (reason) {
    case "unclear":
      return t("It is not clear what to answer");
    case "broken":
      return t("The item is broken");
    case "not_my_language":
      return t("It is in a language that I do not know well");
    case "sensitive":
      return t("I do not want to work on this content");
    case "too_long":
      return t("It is too long");
    case "other":
      return t("Something else");
  }
}
