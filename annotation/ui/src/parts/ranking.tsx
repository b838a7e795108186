/** From best to worst, with ties: a row of ranks for each candidate, and places to drag them to. Digits go down the rows. */
import { useState } from "preact/hooks";
import type { RankingQuestion } from "../core/types";
import { t } from "../core/words";
import { Asked, idOf } from "./asked";
import { useCommands } from "./commands";
import type { PartEntry, PartProps } from "./contract";
import { inserted, Ladder, type Ranks, without } from "./ladder";
import { OptionButton } from "./option";

/** Rank of each candidate, from 0. A group may be empty while the ranking is not complete. */
export function ranksOf(value: unknown): Ranks {
  const ranks: Record<string, number> = {};
  if (!Array.isArray(value)) return ranks;
  value.forEach((group, rank) => {
    if (Array.isArray(group)) for (const name of group) ranks[String(name)] = rank;
  });
  return ranks;
}

/** The value for `ranks`: as they stand while one is missing; without gaps once all are there. */
export function groupsOf(ranks: Ranks, names: readonly string[]): string[][] | undefined {
  const groups: string[][] = [];
  for (const name of names) {
    const rank = ranks[name];
    if (rank === undefined) continue;
    while (groups.length <= rank) groups.push([]);
    groups[rank]!.push(name);
  }
  if (groups.length === 0) return undefined;
  return names.every((name) => ranks[name] !== undefined)
    ? groups.filter((group) => group.length > 0)
    : groups;
}

/** `ranks` with `name` at `rank`; without ties whoever is there changes places with it. */
export function ranked(ranks: Ranks, name: string, rank: number, ties: boolean): Ranks {
  const next: Record<string, number> = { ...ranks, [name]: rank };
  if (ties) return next;
  const there = Object.keys(ranks).find((other) => other !== name && ranks[other] === rank);
  if (there === undefined) return next;
  if (ranks[name] === undefined) delete next[there];
  else next[there] = ranks[name];
  return next;
}

/** `ranks` after `name` was let go: at a place, between two, or outside, which takes its rank away. */
export function dropped(
  ranks: Ranks,
  name: string,
  place: string | null,
  names: readonly string[],
  ties: boolean,
): Ranks {
  const [, kind, number] = /^(at|before) (\d+)$/.exec(place ?? "") ?? [];
  if (kind === "at") return ranked(ranks, name, Number(number), ties);
  if (kind === "before") return inserted(ranks, name, Number(number), names.length);
  return place === "out" ? without(ranks, name) : ranks;
}

function Ranking(part: PartProps<RankingQuestion>) {
  const { question, task, value, onChange, keysActive, disabled } = part;
  const [turn, setTurn] = useState(0);
  const names = (task.candidates ?? []).map(({ name }) => name);
  const ranks = ranksOf(value);
  const open = names.findIndex((name) => ranks[name] === undefined);
  const row = open >= 0 ? open : turn % Math.max(names.length, 1);
  const put = (name: string, rank: number) => {
    const next = ranked(ranks, name, rank, question.ties !== false);
    onChange(groupsOf(next, names));
    setTurn(names.indexOf(name) + 1);
  };
  const drop = (name: string, place: string | null) => {
    const next = dropped(ranks, name, place, names, question.ties !== false);
    if (next !== ranks) onChange(groupsOf(next, names));
  };
  const focusedRow = () => {
    const name = document.activeElement?.closest<HTMLElement>("[data-candidate]")?.dataset.candidate;
    return name !== undefined && names.includes(name) ? name : names[row];
  };
  useCommands(
    () =>
      names.map((_, rank) => ({
        id: `option.${rank + 1}`,
        label: t("Rank {rank}", { rank: rank + 1 }),
        key: String((rank + 1) % 10),
        group: "answer",
        fixed: true,
        enabled: () => !disabled,
        run: () => {
          const name = focusedRow();
          if (name !== undefined) put(name, rank);
        },
      })),
    keysActive,
    [question, task, disabled, value, turn, onChange],
  );
  return (
    <Asked
      part={part}
      hint={question.ties === false ? t("1 is best.") : t("1 is best; equal ranks are a tie.")}
    >
      <div class="ranks">
        {names.map((name, n) => (
          <fieldset
            class="rank-row"
            role="radiogroup"
            data-candidate={name}
            data-next={keysActive && n === row ? "" : undefined}
            key={name}
          >
            <legend>{t("Response {name}", { name })}</legend>
            {names.map((_, rank) => (
              <OptionButton
                key={rank}
                type="radio"
                name={idOf(part, `rank-${name}`)}
                value={String(rank + 1)}
                text={String(rank + 1)}
                label={t("{name}: rank {rank}", { name, rank: rank + 1 })}
                checked={ranks[name] === rank}
                onPick={() => put(name, rank)}
                command={`option.${rank + 1}`}
                printed=""
                active={false}
              />
            ))}
          </fieldset>
        ))}
        <Ladder names={names} ranks={ranks} disabled={disabled} onDrop={drop} />
        <p class="ranks-read" role="status">
          {open < 0 && orderOf(value)}
        </p>
      </div>
    </Asked>
  );
}

/** `B > A = C`, with words for who hears it. */
function orderOf(value: unknown): string {
  const groups = Array.isArray(value) ? (value as string[][]) : [];
  return groups.map((group) => group.join(" = ")).join(" > ");
}

export const ranking: PartEntry<RankingQuestion> = { Part: Ranking, hasKeys: true, keepsKeys: () => true };
