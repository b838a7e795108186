/** From an answer to what the guidelines say about it: a small button beside answers whose name a heading bears. */
import { createContext, type VNode } from "preact";
import { useContext } from "preact/hooks";
import { t } from "../core/words";

export type Guide = {
  speaksOf(name: string): boolean;
  /** Show it; `from` is where the reader comes back to. */
  open(name: string, from: HTMLElement): void;
};

const GuideContext = createContext<Guide | null>(null);
export const GuideProvider = GuideContext.Provider;

/** The button, where the guidelines have something about `name`. `stop: false`: reached by its row and a key, not by Tab. */
export function useAbout(): (name: string, stop?: boolean) => VNode | null {
  const guide = useContext(GuideContext);
  return (name, stop = true) => {
    if (!guide?.speaksOf(name)) return null;
    const label = t("Guidelines on {name}", { name });
    return (
      <button
        type="button"
        class="about"
        aria-label={label}
        title={label}
        tabIndex={stop ? undefined : -1}
        // What is chosen in a text stays chosen.
        onMouseDown={(event) => event.preventDefault()}
        onClick={(event) => {
          event.stopPropagation();
          guide.open(name, event.currentTarget);
        }}
      >
        <span aria-hidden="true">i</span>
      </button>
    );
  };
}

/** The about button of what has the focus. */
export function aboutFocus(): HTMLButtonElement | null {
  const place = document.activeElement?.closest(".with-about, .tree-row");
  return place?.querySelector<HTMLButtonElement>(".about") ?? null;
}
