/** The guidelines: version, what is new, a search, and a word that they were read. */
import { useState } from "preact/hooks";
import { t } from "../core/words";
import { useDesk } from "./context";
import { guidelinesAreNew, quizIsOpen } from "./info";
import { Markdown } from "./Markdown";

export function Guidelines() {
  const { work, view } = useDesk();
  const [find, setFind] = useState("");
  const info = work.info.value;
  if (!info) return null;
  const { version, markdown } = info.guidelines;
  if (version === 0 || !markdown.trim()) {
    return <p class="muted">{t("This project has no guidelines yet. Its manager writes them.")}</p>;
  }
  return (
    <div class="ws-stack">
      <div class="ws-apart">
        <span class="muted">{t("Version {version}", { version })}</span>
        <label class="ws-find">
          <span class="visually-hidden">{t("Search the guidelines")}</span>
          <input
            type="search"
            autocomplete="off"
            placeholder={t("Search")}
            value={find}
            onInput={(event) => setFind(event.currentTarget.value)}
          />
        </label>
      </div>
      {guidelinesAreNew(info) && (
        <div class="ws-notice" data-tone="info">
          <p>
            {version > 1
              ? t("These guidelines have changed. Please read them.")
              : t("Please read these guidelines.")}{" "}
            {info.guidelines.required
              ? t("New items come once you say that you have.")
              : t("You can go on labeling meanwhile.")}
          </p>
          <button
            class="button button-small"
            type="button"
            onClick={() =>
              quizIsOpen(info) ? (view.dialog.value = "quiz") : void work.decide("guidelines", "accepted")
            }
          >
            {quizIsOpen(info)
              ? t("Answer the questions about them")
              : t("I have read version {version}", { version })}
          </button>
        </div>
      )}
      <Markdown text={markdown} find={find} />
      {find && <p class="muted ws-none">{t("Nothing else in the guidelines has these words.")}</p>}
    </div>
  );
}
