/** Texts of models: as Markdown once its chunk is here, as written on request, cut where they are very long. */
import { signal } from "@preact/signals";
import type * as preact from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { beginning, partsOf, RENDERED_UNITS, SHOWN_UNITS } from "../engines/markdown/cut";
import { t } from "../core/words";
import { whenNear } from "./near";

type Renderer = typeof import("../engines/markdown/render");
const renderer = signal<Renderer | null>(null);
let asked: Promise<Renderer> | undefined;

/** Fetch the Markdown chunk; a page whose schema shows Markdown calls it at its start. */
export function loadMarkdown(): Promise<Renderer> {
  asked ??= import("../engines/markdown/render").then((loaded) => (renderer.value = loaded));
  return asked;
}

/** Have texts of the next task rendered before it is shown. */
export function prepareMarkdown(texts: readonly string[]): void {
  void loadMarkdown().then(({ prepare }) => texts.forEach((text) => prepare(beginning(text))));
}

/** `text` as Markdown, part by part. What is off the screen, or waits for the chunk, stands as it was written. */
export function Rendered({ text }: { text: string }) {
  const host = useRef<HTMLDivElement>(null);
  const loaded = renderer.value;
  useEffect(() => {
    void loadMarkdown();
  }, []);
  useLayoutEffect(() => {
    const element = host.current;
    if (!element || !loaded) return undefined;
    const parts = loaded.parts(text);
    const places = parts.length > 1 ? parts.map(() => document.createElement("div")) : [element];
    parts.forEach(({ source }, n) => places[n]!.append(source));
    if (parts.length > 1) {
      for (const place of places) place.className = "md-part";
      element.replaceChildren(...places);
    }
    const away = parts.map(({ fragment }, n) =>
      whenNear(places[n]!, () => {
        places[n]!.replaceChildren(fragment());
        places[n]!.classList.add("md-done");
      }),
    );
    return () => away.forEach((stop) => stop());
  }, [text, loaded]);
  return (
    <div class="md" ref={host} key={loaded ? text : "plain"}>
      {!loaded && text}
    </div>
  );
}

/** `text` exactly as it is. Very long ones are laid out by parts as they come into view. */
export function Exact({ text }: { text: string }) {
  if (text.length <= SHOWN_UNITS) {
    return (
      <div class="exact" dir="auto">
        {text}
      </div>
    );
  }
  return (
    <div class="exact exact-long" dir="auto">
      {partsOf(text).map((part, n) => (
        <div key={n}>{part}</div>
      ))}
    </div>
  );
}

type RichProps = {
  text: string;
  as: "markdown" | "text";
  /** Of the text, for who hears its buttons. */
  name: string;
  heading: preact.ComponentChildren;
  /** Further tools beside “Raw”. */
  tools?: preact.ComponentChildren;
  /** Shown in place of the text. */
  instead?: preact.ComponentChildren;
};

/** A text under its heading and tools: raw, show all. */
export function Rich({ text, as, name, heading, tools, instead }: RichProps) {
  const [raw, setRaw] = useState(false);
  const [all, setAll] = useState(false);
  const long = text.length > SHOWN_UNITS;
  const shown = long && !all ? beginning(text) : text;
  const exact = as === "text" || raw || shown.length > RENDERED_UNITS;
  return (
    <>
      <div class="rich-head">
        {heading}
        <div class="text-tools">
          {as === "markdown" && !instead && (
            <button
              type="button"
              class="toggle"
              aria-pressed={raw}
              aria-label={t("Raw text of {name}", { name })}
              onClick={() => setRaw(!raw)}
            >
              {t("Raw")}
            </button>
          )}
          {tools}
        </div>
      </div>
      {instead || (exact ? <Exact text={shown} /> : <Rendered text={shown} />)}
      {long && !instead && (
        <p class="cut">
          {all
            ? t("All {n} characters are shown.", { n: text.length.toLocaleString() })
            : t("The first {n} of {all} characters are shown.", {
                n: shown.length.toLocaleString(),
                all: text.length.toLocaleString(),
              })}{" "}
          <button type="button" class="toggle" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? t("Show the beginning") : t("Show all")}
          </button>
        </p>
      )}
    </>
  );
}
