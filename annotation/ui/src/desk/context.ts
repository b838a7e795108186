/** The work that the desk's parts are about, and what is open on the screen. */
import { signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Work } from "./work";

export type PanelName = "guidelines" | "history" | "comments";
export type DialogName = "sheet" | "skip" | "flag" | "unsent" | "quiz";

export class View {
  readonly panel = signal<PanelName>("guidelines");
  /** On a narrow screen the panel lies over the document, and only when asked for. */
  readonly panelOpen = signal(false);
  readonly dialog = signal<DialogName | null>(null);
  /** The search in the guidelines was asked for. */
  readonly finding = signal(false);
  /** The guidelines are to be opened where they speak of this. */
  readonly place = signal<string | null>(null);
  /** Whence somebody went there, and comes back to. */
  from: HTMLElement | null = null;
}

export type Desk = { work: Work; view: View };

const DeskContext = createContext<Desk | null>(null);
export const DeskProvider = DeskContext.Provider;

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error("outside the desk");
  return desk;
}

/** Open a panel, or close it where it lies over the document and is open already. */
export function togglePanel(view: View, name: PanelName): void {
  const same = view.panel.peek() === name;
  view.panel.value = name;
  view.panelOpen.value = !(same && view.panelOpen.peek());
}
