/** What is marked on a text: spans in UTF-16 units, their order, their rows where they overlap. Pure. */

export type Mark = {
  readonly from: number;
  readonly to: number;
  readonly label: string;
};

/** Rows of underlines that are drawn below each other; deeper overlaps share the last one. */
export const ROWS = 3;

export function compareMarks(a: Mark, b: Mark): number {
  return a.from - b.from || a.to - b.to || (a.label < b.label ? -1 : a.label > b.label ? 1 : 0);
}

export function sameMark(a: Mark, b: Mark): boolean {
  return compareMarks(a, b) === 0;
}

/** Where `mark` stands, or would stand, in sorted `marks`. */
export function placeOf(marks: readonly Mark[], mark: Mark): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareMarks(marks[middle]!, mark) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The marks that share at least one unit with `from..to`, leaving `except` out. */
export function touching(marks: readonly Mark[], from: number, to: number, except?: Mark): Mark[] {
  return marks.filter((mark) => mark !== except && mark.from < to && from < mark.to);
}

/**
 * The row of each mark's underline, by position in sorted `marks`: 0 for one that overlaps nothing
 * before it. Greedy from the left, so that a mark added later never moves those that end before it.
 */
export function rowsOf(marks: readonly Mark[]): number[] {
  const ends: number[] = [];
  return marks.map((mark) => {
    let row = ends.findIndex((end) => end <= mark.from);
    if (row < 0) row = ends.length < ROWS ? ends.length : ROWS - 1;
    ends[row] = Math.max(ends[row] ?? 0, mark.to);
    return row;
  });
}

/** The mark to go to from `current` (or from position `at`), `step` further, round the ends. */
export function neighbour(
  marks: readonly Mark[],
  current: Mark | undefined,
  at: number,
  step: 1 | -1,
): Mark | undefined {
  if (marks.length === 0) return undefined;
  const now = current === undefined ? -1 : marks.indexOf(current);
  if (now >= 0) return marks[(now + step + marks.length) % marks.length];
  const next = marks.findIndex((mark) => mark.from >= at);
  if (step > 0) return marks[next < 0 ? 0 : next];
  return marks[(next < 0 ? marks.length : next) - 1] ?? marks[marks.length - 1];
}

/** Of the marks over position `at`, the one to choose: the shortest, or the one after `current`. */
export function markAt(marks: readonly Mark[], at: number, current?: Mark): Mark | undefined {
  const over = marks
    .filter((mark) => mark.from <= at && at < mark.to)
    .sort((a, b) => a.to - a.from - (b.to - b.from) || compareMarks(a, b));
  const now = current === undefined ? -1 : over.indexOf(current);
  return over[(now + 1) % Math.max(over.length, 1)];
}
