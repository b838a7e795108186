/** What differs between two texts, by words; by lines where they are long. A chunk of its own. Pure. */
import { diffLines, diffWordsWithSpace } from "diff";

export type Change = { readonly kind: "same" | "added" | "removed"; readonly text: string };

const BY_WORDS_UNITS = 20_000;
const MOST_MS = 400;

/** Changes that lead from `before` to `after`; joined without the removed ones they are `after`. */
export function changes(before: string, after: string): Change[] {
  const options = { timeout: MOST_MS };
  const long = before.length + after.length > BY_WORDS_UNITS;
  const found =
    (long ? undefined : diffWordsWithSpace(before, after, options)) ?? diffLines(before, after, options);
  if (found === undefined) {
    return [
      { kind: "removed", text: before },
      { kind: "added", text: after },
    ];
  }
  return found.map(({ added, removed, value }) => ({
    kind: added ? "added" : removed ? "removed" : "same",
    text: value,
  }));
}
