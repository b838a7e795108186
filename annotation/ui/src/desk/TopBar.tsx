/** Project, progress, where the work is kept in words, undo, shortcuts. */
import { useEffect, useRef } from "preact/hooks";
import { Key, shortcut } from "../parts/commands";
import { keys } from "../core/keys";
import { announce } from "../core/live";
import { t, tn } from "../core/words";
import { togglePanel, useDesk } from "./context";
import { savedInWords } from "./saved";

export function TopBar() {
  const { work, view } = useDesk();
  const info = work.info.value;
  // Its place is kept until the project is known.
  if (!info) return <div class="ws-top" />;
  return (
    <header class="ws-top">
      <a class="ws-home" href={work.config.pages.projects} aria-label={t("Projects")}>
        <span aria-hidden="true">‹</span>
      </a>
      <h1 title={info.project.name}>{info.project.name}</h1>
      <Progress />
      <Saved />
      <span class="ws-top-end">
        <button class="ws-quiet ws-narrow" type="button" onClick={() => togglePanel(view, view.panel.value)}>
          {t("Guidelines")}
        </button>
        <button
          class="ws-quiet"
          type="button"
          disabled={!work.history.canUndo.value}
          aria-keyshortcuts={["Control+Z", shortcut("undo", true)].filter(Boolean).join(" ")}
          onClick={() => void work.undo()}
        >
          {t("Undo")} <Key of="undo" />
        </button>
        <button
          class="ws-quiet"
          type="button"
          aria-label={t("Shortcuts and display")}
          aria-keyshortcuts={shortcut("sheet", true)}
          onClick={() => (view.dialog.value = "sheet")}
        >
          <span class="ws-wide">{t("Shortcuts")}</span>{" "}
          <kbd aria-hidden="true">{keys.printed("sheet") || "?"}</kbd>
        </button>
      </span>
    </header>
  );
}

/** Today, and what is left for this person; no clock, no ranks. */
function Progress() {
  const { work } = useDesk();
  const info = work.info.value;
  if (!info) return null;
  const today = info.progress.today + work.more.value;
  const left =
    info.progress.left_for_me === null ? null : Math.max(0, info.progress.left_for_me - work.more.value);
  const all = left === null ? null : today + left;
  const words =
    all === null ? tn("{n} today", "{n} today", today) : t("{today} of {all} today", { today, all });
  return (
    <span class="ws-progress">
      <span class="ws-progress-long">{words}</span>
      <span class="ws-progress-short">{all === null ? words : t("{today} of {all}", { today, all })}</span>
      {all !== null && all > 0 && <progress value={today} max={all} aria-label={words} />}
    </span>
  );
}

function Saved() {
  const { work, view } = useDesk();
  const { tone, text, short } = savedInWords(work);
  const refused = work.outbox.refused.value.length;
  const trouble = tone === "warn" || tone === "bad";
  const troubled = useRef(trouble);
  // Read out when it goes wrong and when it is well again; not each time that something is saved.
  useEffect(() => {
    if (trouble !== troubled.current) announce(text);
    troubled.current = trouble;
  }, [trouble]);
  return (
    <span class="ws-saved" data-tone={refused ? "warn" : tone}>
      <span class="ws-dot" aria-hidden="true" />
      {refused > 0 ? (
        <button class="ws-link" type="button" onClick={() => (view.dialog.value = "unsent")}>
          {tn("1 answer was not taken", "{n} answers were not taken", refused)}
        </button>
      ) : (
        <>
          <span class="ws-wide">{text}</span>
          <span class="ws-narrow">{short}</span>
        </>
      )}
    </span>
  );
}
