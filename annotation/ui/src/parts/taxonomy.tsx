/**
 * A place in a tree, or several: a tree with the usual keys (arrows, Home, End, first letters, Space), a field
 * that finds, and digits that go down level by level.
 */
import { useMemo, useRef, useState } from "preact/hooks";
import { below, keyOf, pathsOf, type Row, rowsOf, textsOf } from "../core/tree";
import { cannotAssess, type TaxonomyQuestion } from "../core/types";
import { t } from "../core/words";
import { Asked, idOf } from "./asked";
import { Key, useCommands } from "./commands";
import type { PartEntry, PartProps } from "./contract";
import { useAbout } from "./guide";

const FIND_FROM = 12;
const DIGITS = "123456789";

function Taxonomy(part: PartProps<TaxonomyQuestion>) {
  const { question, value, onChange, keysActive, disabled } = part;
  const { options, many = false, leaf_only = true } = question;
  const picked = pathsIn(value, many);
  const pickedKeys = new Set(picked.map(keyOf));
  const [open, setOpen] = useState<ReadonlySet<string>>(() => opened(picked));
  /** The branch whose children the digits pick. */
  const [at, setAt] = useState<readonly string[]>([]);
  const [find, setFind] = useState("");
  const [stop, setStop] = useState("");
  const tree = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => rowsOf(options, open, find), [options, open, find]);
  const all = useMemo(() => pathsOf(options), [options]);
  const stopAt = rows.some(({ path }) => keyOf(path) === stop) ? stop : keyOf(rows[0]?.path ?? []);

  const pick = (path: string[]) => {
    const key = keyOf(path);
    if (!many) return onChange(pickedKeys.has(key) ? undefined : path);
    const next = all.filter((one) => (keyOf(one) === key) !== pickedKeys.has(keyOf(one)));
    return onChange(next.length > 0 ? next : undefined);
  };
  const unfold = (path: readonly string[], to: boolean) => {
    const next = new Set(open);
    if (to) next.add(keyOf(path));
    else next.delete(keyOf(path));
    setOpen(next);
  };
  const choose = ({ path, branch, open: isOpen }: Row) => {
    setStop(keyOf(path));
    if (branch && leaf_only) {
      unfold(path, !isOpen);
      setAt(isOpen ? path.slice(0, -1) : path);
    } else pick(path);
  };
  const goTo = (row: Row | undefined) => {
    if (!row) return;
    setStop(keyOf(row.path));
    tree.current?.querySelectorAll<HTMLElement>('[role="treeitem"]')[rows.indexOf(row)]?.focus();
  };

  const keyed = (event: KeyboardEvent) => {
    const index = rows.findIndex(({ path }) => keyOf(path) === stopAt);
    const row = rows[index];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const parent = () => rows.find(({ path }) => keyOf(path) === keyOf(row.path.slice(0, -1)));
    const letter = event.key.length === 1 && /\p{L}/u.test(event.key) ? event.key.toLowerCase() : "";
    const turns: Record<string, () => void> = {
      ArrowDown: () => goTo(rows[index + 1]),
      ArrowUp: () => goTo(rows[index - 1]),
      ArrowRight: () =>
        row.branch && !row.open ? unfold(row.path, true) : row.branch && goTo(rows[index + 1]),
      ArrowLeft: () => (row.branch && row.open && find === "" ? unfold(row.path, false) : goTo(parent())),
      Home: () => goTo(rows[0]),
      End: () => goTo(rows.at(-1)),
      " ": () => choose(row),
    };
    const turn =
      turns[event.key] ??
      (letter &&
        (() => {
          const later = [...rows.slice(index + 1), ...rows.slice(0, index)];
          goTo(later.find(({ option }) => option.text.toLowerCase().startsWith(letter)));
        }));
    if (!turn) return;
    event.preventDefault();
    event.stopPropagation();
    turn();
  };

  const level = below(options, at);
  useCommands(
    () => [
      ...level.slice(0, 9).map((option, n) => ({
        id: `option.${n + 1}`,
        label: option.text,
        key: DIGITS[n]!,
        group: "answer" as const,
        fixed: true,
        enabled: () => !disabled,
        run: () => {
          const path = [...at, option.id];
          setStop(keyOf(path));
          if (!option.options?.length) return pick(path);
          unfold(path, true);
          setAt(path);
        },
      })),
      {
        id: "option.up",
        label: t("Up one level"),
        key: "0",
        group: "answer",
        fixed: true,
        enabled: () => at.length > 0,
        run: () => setAt(at.slice(0, -1)),
      },
    ],
    keysActive,
    [question, disabled, value, at, open, onChange],
  );

  const about = useAbout();

  return (
    <Asked part={part} hint={leaf_only ? undefined : t("Any level may be picked.")}>
      <div class="taxonomy">
        {picked.length > 0 && (
          <ul class="chips" role="list" aria-label={t("Picked")}>
            {picked.map((path) => (
              <li class="chip" key={keyOf(path)}>
                <span dir="auto">{textsOf(options, path).join(" › ")}</span>
                <button
                  type="button"
                  class="chip-off"
                  aria-label={t("Remove {what}", { what: textsOf(options, path).join(", ") })}
                  onClick={() => pick(path)}
                >
                  ×
                </button>
              </li>
            ))}
          </ul>
        )}
        {all.length >= FIND_FROM && (
          <input
            type="search"
            class="tree-find"
            autocomplete="off"
            aria-label={t("Find in {question}", { question: question.text })}
            placeholder={t("Find")}
            value={find}
            onInput={({ currentTarget }) => setFind(currentTarget.value)}
          />
        )}
        <div
          class="tree"
          role="tree"
          aria-label={question.text}
          aria-multiselectable={many}
          ref={tree}
          onKeyDown={keyed}
        >
          {rows.map((row) => {
            const key = keyOf(row.path);
            const digit = keyOf(row.path.slice(0, -1)) === keyOf(at) && row.place <= 9;
            const can = !(row.branch && leaf_only);
            return (
              <div
                key={key}
                id={idOf(part, `node-${row.option.id}`)}
                class={`tree-row level-${row.level}`}
                role="treeitem"
                tabIndex={key === stopAt ? 0 : -1}
                aria-level={row.level}
                aria-posinset={row.place}
                aria-setsize={row.siblings}
                aria-expanded={row.branch ? row.open : undefined}
                aria-selected={can ? pickedKeys.has(key) : undefined}
                onClick={() => choose(row)}
                onFocus={() => setStop(key)}
              >
                {row.branch ? (
                  <span
                    class="tree-fold"
                    aria-hidden="true"
                    onClick={(event) => {
                      event.stopPropagation();
                      unfold(row.path, !row.open);
                    }}
                  />
                ) : (
                  <span class="tree-leaf" aria-hidden="true" />
                )}
                <span class="tree-text" dir="auto">
                  {row.option.text}
                </span>
                {digit && <Key of={`option.${row.place}`} own={String(row.place)} active={keysActive} />}
                {about(row.option.text, false)}
              </div>
            );
          })}
          {rows.length === 0 && <p class="help">{t("Nothing is called so.")}</p>}
        </div>
      </div>
    </Asked>
  );
}

function pathsIn(value: unknown, many: boolean): string[][] {
  if (!Array.isArray(value) || cannotAssess(value)) return [];
  return many ? (value as string[][]) : [value as string[]];
}

/** The branches above what is picked. */
function opened(paths: readonly string[][]): ReadonlySet<string> {
  return new Set(paths.flatMap((path) => path.slice(0, -1).map((_, n) => keyOf(path.slice(0, n + 1)))));
}

export const taxonomy: PartEntry<TaxonomyQuestion> = {
  Part: Taxonomy,
  hasKeys: true,
  keepsKeys: ({ many }) => many === true,
};
