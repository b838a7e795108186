/** The desk's commands: one table, printed, listed, changeable. */
import type { Command } from "../core/keys";
import { t } from "../core/words";
import { aboutFocus } from "../parts/guide";
import { type Desk, togglePanel } from "./context";

export function deskCommands(desk: Desk): Command[] {
  const { work, view } = desk;
  const shown = () => work.shown.peek() !== null;
  return [
    {
      id: "submit",
      label: t("Submit and go on"),
      key: "Enter",
      chord: "enter",
      inText: true,
      group: "task",
      enabled: shown,
      run: () => void work.submit().then((done) => done || toFirstOpen(desk)),
    },
    {
      id: "skip",
      label: t("Skip"),
      key: "S",
      group: "task",
      enabled: () => shown() && work.info.peek()?.skip.allowed !== false,
      run: () => {
        if (work.info.peek()?.skip.needs_reason === false) void work.skip("", "");
        else view.dialog.value = "skip";
      },
    },
    {
      id: "flag",
      label: t("Flag"),
      key: "F",
      group: "task",
      enabled: shown,
      run: () => (view.dialog.value = "flag"),
    },
    { id: "undo", label: t("Undo"), key: "U", chord: "z", group: "task", run: () => void work.undo() },
    { id: "redo", label: t("Redo"), key: "", chord: "shift+z", group: "task", run: () => void work.redo() },
    {
      id: "question.next",
      label: t("Next question"),
      key: "J",
      group: "view",
      repeats: true,
      enabled: shown,
      run: () => toQuestion(desk, 1),
    },
    {
      id: "question.previous",
      label: t("Previous question"),
      key: "K",
      group: "view",
      repeats: true,
      enabled: shown,
      run: () => toQuestion(desk, -1),
    },
    {
      id: "guidelines",
      label: t("Guidelines"),
      key: "G",
      group: "view",
      run: () => togglePanel(view, "guidelines"),
    },
    {
      id: "guidelines.find",
      label: t("Search the guidelines"),
      key: "/",
      group: "view",
      run: () => {
        view.panel.value = "guidelines";
        view.panelOpen.value = true;
        view.finding.value = true;
      },
    },
    {
      id: "guidelines.about",
      label: t("Guidelines on the answer in focus"),
      key: "I",
      group: "view",
      run: () => aboutFocus()?.click(),
    },
    { id: "history", label: t("History"), key: "Y", group: "view", run: () => togglePanel(view, "history") },
    {
      id: "comments",
      label: t("Comments"),
      key: "R",
      group: "view",
      run: () => togglePanel(view, "comments"),
    },
    {
      id: "sheet",
      label: t("Shortcuts and display"),
      key: "?",
      group: "view",
      run: () => (view.dialog.value = "sheet"),
    },
    {
      id: "leave",
      label: t("Leave a text field, close what is open"),
      key: "Escape",
      group: "view",
      fixed: true,
      run: () => {
        const at = document.activeElement;
        view.panelOpen.value = false;
        if (view.from?.isConnected && at?.closest(".ws-panel")) view.from.focus();
        else if (at instanceof HTMLElement) at.blur();
        view.from = null;
      },
    },
  ];
}

/** To the first question that is still open: into it, where its answer is given. */
export function toFirstOpen({ work }: Desk): void {
  const [fault] = work.faults.peek();
  if (fault) focusQuestion(fault.field);
}

function toQuestion({ work }: Desk, by: 1 | -1): void {
  const ids = work.asked.peek().map(({ id }) => id);
  const now = document.activeElement?.closest<HTMLElement>("[data-question]")?.dataset.question ?? "";
  const to = ids[Math.min(ids.length - 1, Math.max(0, ids.indexOf(now) + by))];
  if (to) focusQuestion(to);
}

function focusQuestion(id: string): void {
  const places = document.querySelectorAll<HTMLElement>(`[data-question="${CSS.escape(id)}"]`);
  for (const place of places) {
    const control = place.querySelector<HTMLElement>(
      "input:checked, textarea, input, select, [tabindex='0'], button",
    );
    if (!control) continue;
    place.scrollIntoView({ block: "nearest" });
    control.focus({ preventScroll: true });
    return;
  }
}
