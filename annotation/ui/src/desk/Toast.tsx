/** What was done last, for ten seconds, with the way back. It lies over the item and moves nothing. */
import { t } from "../core/words";
import { Key } from "../parts/commands";
import { useDesk } from "./context";

export function Toast() {
  const { work } = useDesk();
  const toast = work.toast.value;
  if (!toast) return null;
  return (
    <div class="ws-toast" data-tone={toast.tone}>
      <span>{toast.text}</span>
      {toast.undo && (
        <button class="ws-link" type="button" onClick={() => void work.undo()}>
          {t("Undo")} <Key of="undo" />
        </button>
      )}
      <button
        class="ws-link"
        type="button"
        onClick={() => work.dismissToast()}
        aria-label={t("Close this message")}
      >
        ✕
      </button>
    </div>
  );
}
