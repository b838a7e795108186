/** A search in a text on the page: every place is marked and counted, Enter goes from one to the next. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../core/words";
import { placesOf } from "../engines/markdown/find";
import { useDesk } from "./context";

const [FOUND, NOW] = ["guide-found", "guide-now"];

/** `drawn`: another object each time that the text was drawn. */
export function Find({ drawn }: { drawn: { host: HTMLElement } | null }) {
  const { view } = useDesk();
  const field = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const places = useMemo(() => (drawn ? placesOf(drawn.host, words) : []), [drawn, words]);
  const count = places.length;
  const go = (by: number) => count > 0 && setAt((at + by + count) % count);
  useLayoutEffect(() => mark(places, at), [places, at]);
  const asked = view.finding.value;
  useLayoutEffect(() => {
    if (!asked) return;
    view.finding.value = false;
    field.current?.focus();
  }, [asked]);
  const keyed = (event: KeyboardEvent) => {
    if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape" && words) setWords("");
    else return;
    event.preventDefault();
  };
  return (
    <div class="ws-find" role="search" aria-label={t("Search the guidelines")}>
      <input
        ref={field}
        type="search"
        autocomplete="off"
        aria-label={t("Search the guidelines")}
        placeholder={t("Search")}
        value={words}
        onInput={(event) => {
          setWords(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={keyed}
      />
      <span class="ws-found" role="status">
        {words.trim() && (count > 0 ? t("{n} of {all}", { n: at + 1, all: count }) : t("Not found"))}
      </span>
      <button
        class="ws-quiet"
        type="button"
        aria-label={t("Previous place")}
        disabled={count === 0}
        onClick={() => go(-1)}
      >
        <span aria-hidden="true">‹</span>
      </button>
      <button
        class="ws-quiet"
        type="button"
        aria-label={t("Next place")}
        disabled={count === 0}
        onClick={() => go(1)}
      >
        <span aria-hidden="true">›</span>
      </button>
    </div>
  );
}

/** Paint the places, bring one into view; returns what takes the paint away. */
function mark(places: readonly Range[], at: number): (() => void) | undefined {
  const now = places[at];
  if (!now) return undefined;
  now.startContainer.parentElement?.scrollIntoView({ block: "nearest" });
  // Without the Highlight API, which changes nothing on the page, a place is only gone to.
  if (typeof Highlight !== "function") return undefined;
  CSS.highlights.set(FOUND, new Highlight(...places));
  const current = new Highlight(now);
  current.priority = 1;
  CSS.highlights.set(NOW, current);
  return () => {
    CSS.highlights.delete(FOUND);
    CSS.highlights.delete(NOW);
  };
}
