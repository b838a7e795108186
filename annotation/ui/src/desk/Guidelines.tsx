/** The guidelines: version, what is new, a search, and a word that they were read. */
import { useLayoutEffect, useState } from "preact/hooks";
import { t } from "../core/words";
import { useDesk } from "./context";
import { Find } from "./Find";
import { goToHeading } from "./guide";
import { guidelinesAreNew, quizIsOpen } from "./info";
import { Markdown } from "./Markdown";

export function Guidelines() {
  const { work, view } = useDesk();
  const [drawn, setDrawn] = useState<{ host: HTMLElement } | null>(null);
  const place = view.place.value;
  useLayoutEffect(() => {
    if (!drawn || !place) return;
    view.place.value = null;
    goToHeading(drawn.host, place);
  }, [drawn, place]);
  const info = work.info.value;
  if (!info) return null;
  const { version, markdown } = info.guidelines;
  if (version === 0 || !markdown.trim()) {
    return <p class="muted">{t("This project has no guidelines yet. Its manager writes them.")}</p>;
  }
  return (
    <div class="ws-stack">
      <Find drawn={drawn} />
      <p class="muted">{t("Version {version}", { version })}</p>
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
      <Markdown text={markdown} onDrawn={(host) => setDrawn({ host })} />
    </div>
  );
}
