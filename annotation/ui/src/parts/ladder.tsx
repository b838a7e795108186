/** The order as places from best to worst, to drag responses into; the buttons above do the same without dragging. */
import { useRef } from "preact/hooks";
import { t } from "../core/words";
import { drag } from "../engines/drag";

export type Ranks = Readonly<Record<string, number>>;

type LadderProps = {
  names: readonly string[];
  ranks: Ranks;
  disabled: boolean;
  onDrop(name: string, place: string | null): void;
};

/** `ranks` with `name` on a place of its own before rank `before`; the others keep their order. */
export function inserted(ranks: Ranks, name: string, before: number, count: number): Ranks {
  const groups: string[][] = Array.from({ length: count }, () => []);
  for (const [other, rank] of Object.entries(ranks)) if (other !== name) groups[rank]?.push(other);
  groups.splice(before, 0, [name]);
  // One place too many by now: the nearest empty one goes, first of those that come after.
  const after = groups.findIndex((group, rank) => rank > before && group.length === 0);
  const empty = after >= 0 ? after : groups.findLastIndex((group) => group.length === 0);
  if (groups.length > count && empty >= 0) groups.splice(empty, 1);
  return Object.fromEntries(groups.flatMap((group, rank) => group.map((one) => [one, rank])));
}

/** `ranks` without `name`. */
export function without(ranks: Ranks, name: string): Ranks {
  return Object.fromEntries(Object.entries(ranks).filter(([other]) => other !== name));
}

export function Ladder({ names, ranks, disabled, onDrop }: LadderProps) {
  const host = useRef<HTMLDivElement>(null);
  const chip = (name: string) => (
    <span
      class="ladder-chip"
      key={name}
      data-chip={name}
      onPointerDown={(event) => {
        if (!disabled && host.current)
          drag(event, event.currentTarget, host.current, (place) => onDrop(name, place));
      }}
    >
      {name}
    </span>
  );
  const unranked = names.filter((name) => ranks[name] === undefined);
  return (
    // Hidden from screen readers: the groups of buttons say and do all of it.
    <div class="ladder" ref={host} aria-hidden="true" data-disabled={disabled ? "" : undefined}>
      {names.map((_, rank) => (
        <>
          <span class="ladder-gap" data-drop={`before ${rank}`} key={`gap ${rank}`} />
          <span class="ladder-place" data-drop={`at ${rank}`} key={`place ${rank}`}>
            <span class="ladder-number">{rank + 1}</span>
            {names.filter((name) => ranks[name] === rank).map(chip)}
          </span>
        </>
      ))}
      <span class="ladder-gap" data-drop={`before ${names.length}`} />
      <span class="ladder-tray" data-drop="out">
        {unranked.length > 0 ? unranked.map(chip) : <span class="ladder-hint">{t("Drag to change")}</span>}
      </span>
    </div>
  );
}
