/** A tree of options as rows: what of it is visible, where the arrows lead. */
import type { TreeOption } from "./types";

export type Row = {
  path: string[];
  option: TreeOption;
  /** From 1. */
  level: number;
  place: number;
  siblings: number;
  branch: boolean;
  open: boolean;
};

export const keyOf = (path: readonly string[]) => path.join("\0");

/** The rows that are visible: children of open branches; with `find`, what matches and the way to it. */
export function rowsOf(options: readonly TreeOption[], open: ReadonlySet<string>, find = ""): Row[] {
  const rows: Row[] = [];
  const wanted = find.trim().toLowerCase();
  const visit = (level: readonly TreeOption[], above: string[], within: boolean): boolean => {
    let any = false;
    level.forEach((option, n) => {
      const path = [...above, option.id];
      const branch = (option.options?.length ?? 0) > 0;
      const hit = wanted !== "" && option.text.toLowerCase().includes(wanted);
      const row: Row = {
        path,
        option,
        level: path.length,
        place: n + 1,
        siblings: level.length,
        branch,
        open: branch && (wanted !== "" || open.has(keyOf(path))),
      };
      const at = rows.length;
      rows.push(row);
      const below = row.open && visit(option.options ?? [], path, within || hit);
      if (wanted !== "" && !hit && !below && !within) rows.length = at;
      else any = true;
    });
    return any;
  };
  visit(options, [], false);
  return rows;
}

/** The texts along a path, or the ids where the tree does not know them. */
export function textsOf(options: readonly TreeOption[], path: readonly string[]): string[] {
  let level: readonly TreeOption[] | undefined = options;
  return path.map((id) => {
    const option: TreeOption | undefined = level?.find((one) => one.id === id);
    level = option?.options;
    return option?.text ?? id;
  });
}

/** The children of a path, the roots for an empty one. */
export function below(options: readonly TreeOption[], path: readonly string[]): readonly TreeOption[] {
  let level = options;
  for (const id of path) level = level.find((option) => option.id === id)?.options ?? [];
  return level;
}

/** Every path of the tree, in its order: the order in which several picked ones are kept. */
export function pathsOf(options: readonly TreeOption[], above: readonly string[] = []): string[][] {
  return options.flatMap((option) => {
    const path = [...above, option.id];
    return [path, ...pathsOf(option.options ?? [], path)];
  });
}
