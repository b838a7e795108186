/** Beside the item: guidelines, one's own answers of before, comments. */
import type { ComponentType } from "preact";
import { t, type Word, word } from "../core/words";
import { Key, shortcut } from "../parts/commands";
import { Comments } from "./Comments";
import { type PanelName, useDesk } from "./context";
import { Guidelines } from "./Guidelines";
import { HistoryPanel } from "./HistoryPanel";
import { guidelinesAreNew } from "./info";

const PANELS: [PanelName, Word, ComponentType][] = [
  ["guidelines", word("Guidelines"), Guidelines],
  ["history", word("History"), HistoryPanel],
  ["comments", word("Comments"), Comments],
];

export function SidePanel() {
  const { work, view } = useDesk();
  const info = work.info.value;
  const chosen = view.panel.value;
  const Body = PANELS.find(([name]) => name === chosen)?.[2] ?? Guidelines;
  return (
    <aside class="ws-panel" data-open={view.panelOpen.value} aria-label={t("Beside the item")}>
      <div class="ws-panel-head">
        <div class="ws-tabs" role="tablist" aria-label={t("Beside the item")}>
          {PANELS.map(([name, label]) => (
            <button
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-selected={name === chosen}
              aria-controls="panel"
              aria-keyshortcuts={shortcut(name, true)}
              tabIndex={name === chosen ? 0 : -1}
              onClick={() => (view.panel.value = name)}
              onKeyDown={(event) => step(event, name, (to) => (view.panel.value = to))}
              key={name}
            >
              {t(label)} <Key of={name} />
              {name === "guidelines" && info && guidelinesAreNew(info) && (
                <span class="ws-new" title={t("new")}>
                  <span class="visually-hidden">{t("new")}</span>
                </span>
              )}
            </button>
          ))}
        </div>
        <button
          class="ws-quiet ws-narrow ws-close"
          type="button"
          onClick={() => (view.panelOpen.value = false)}
          aria-label={t("Close the panel")}
        >
          ✕
        </button>
      </div>
      <div class="ws-panel-body" role="tabpanel" id="panel" aria-labelledby={`tab-${chosen}`} tabIndex={0}>
        <Body key={chosen} />
      </div>
    </aside>
  );
}

function step(event: KeyboardEvent, from: PanelName, go: (to: PanelName) => void): void {
  const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (!by) return;
  event.preventDefault();
  const at = PANELS.findIndex(([name]) => name === from);
  const to = PANELS[(at + by + PANELS.length) % PANELS.length]?.[0] ?? from;
  go(to);
  document.getElementById(`tab-${to}`)?.focus();
}
