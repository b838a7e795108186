/** What the span engine says in its live region, in words. */

import { t, word } from "../../core/words";
import type { Outcome } from "./editor";
import { shortQuote } from "./list";
import type { Mark } from "./marks";

const WHY = {
  "no-choice": word("Choose text first: click a word, or focus the text and use the arrow keys."),
  overlap: word("Spans may not overlap here."),
  "there-already": word("This is marked so already."),
  "no-span": word("No span is chosen."),
  "end-of-text": word("It goes no further."),
  "no-label": word("There is no such label."),
};

export function said(outcome: Outcome, text: string, labelOf: (id: string) => string, count: number): string {
  const of = (mark: Mark) => ({
    label: labelOf(mark.label),
    quote: shortQuote(text.slice(mark.from, mark.to)),
    count,
  });
  switch (outcome.did) {
    case "nothing":
      return t(WHY[outcome.why]);
    case "chose":
      return shortQuote(text.slice(outcome.stretch.from, outcome.stretch.to));
    case "cleared":
      return "";
    case "added":
      return t("{label} added: {quote}. Spans: {count}", of(outcome.mark));
    case "relabeled":
      return t("Now {label}: {quote}", of(outcome.mark));
    case "moved":
      return t("{label}: {quote}", of(outcome.mark));
    case "removed":
      return t("{label} removed: {quote}. Spans: {count}", of(outcome.mark));
    case "went":
      return t("{label}: {quote}", of(outcome.mark));
  }
}
