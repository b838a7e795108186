/** The word above or below another, as the lines stand on the screen. */

import { reveal } from "./reveal";
import type { Surface } from "./surface";
import type { Stretch, Words } from "./words";

const MOST_LINES = 4;

/** `goal` is the distance from the left edge that a run of steps up and down keeps to. */
export function verticalWord(
  surface: Surface,
  words: Words,
  from: Stretch,
  step: 1 | -1,
  goal?: number,
): { word: Stretch; goal: number } | undefined {
  const range = surface.range(from.from, from.to);
  if (range === undefined) return undefined;
  const height = parseFloat(getComputedStyle(surface.host).lineHeight) || 24;
  reveal(surface.host, range, MOST_LINES * height);
  const rects = range.getClientRects();
  const rect = step > 0 ? rects[rects.length - 1] : rects[0];
  if (rect === undefined) return undefined;
  const x = goal ?? rect.left + rect.width / 2;
  const middle = rect.top + rect.height / 2;
  // An empty line holds no word: look a few lines further.
  for (let line = 1; line <= MOST_LINES; line += 1) {
    const at = surface.under(x, middle + step * line * height);
    const word = at === undefined ? undefined : words.near(at);
    if (word !== undefined && (step > 0 ? word.from >= from.to : word.to <= from.from))
      return { word, goal: x };
  }
  const beyond = step > 0 ? words.after(from.to) : words.before(from.from);
  return beyond && { word: beyond, goal: x };
}
