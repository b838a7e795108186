/** A whole number on a scale: boxes in a row, the number is the key. */
import type { RatingQuestion } from "../core/types";
import { t } from "../core/words";
import { Asked, idOf } from "./asked";
import { useCommands } from "./commands";
import type { PartEntry, PartProps } from "./contract";
import { OptionButton } from "./option";

/** The key of each number: itself while it is one digit, 0 for 10, else its place. */
export function keysOfScale(min: number, max: number): string[] {
  const numbers = Array.from({ length: max - min + 1 }, (_, n) => min + n);
  if (min >= 0 && max <= 9) return numbers.map(String);
  if (min >= 1 && max === 10) return numbers.map((number) => String(number % 10));
  return numbers.map((_, place) => (place < 9 ? String(place + 1) : ""));
}

function Rating(part: PartProps<RatingQuestion>) {
  const { question, value, onChange, keysActive, disabled, target } = part;
  const { min = 1, max = 5, low, high } = question;
  const printed = keysOfScale(min, max);
  const pick = (number: number) =>
    onChange(value === number && question.required === false ? undefined : number);
  const said = (number: number) => {
    const end = number === min ? low : number === max ? high : undefined;
    return end ? t("{number}, {end}", { number, end }) : undefined;
  };
  useCommands(
    () =>
      printed.map((key, place) => ({
        id: `option.${place + 1}`,
        label: said(min + place) ?? String(min + place),
        key,
        group: "answer",
        fixed: true,
        enabled: () => !disabled,
        run: () => pick(min + place),
      })),
    keysActive,
    [question, disabled, value, onChange],
  );
  return (
    <Asked part={part} role="radiogroup">
      <div class={`scale${target ? " scale-small" : ""}`}>
        {low && (
          <span class="scale-end" aria-hidden="true" dir="auto">
            {low}
          </span>
        )}
        <div class="scale-boxes">
          {printed.map((key, place) => (
            <OptionButton
              key={place}
              type="radio"
              name={idOf(part, "rating")}
              value={String(min + place)}
              text={String(min + place)}
              label={said(min + place)}
              checked={value === min + place}
              onPick={() => pick(min + place)}
              command={`option.${place + 1}`}
              // The number in the box is its key already.
              printed={key === String(min + place) ? "" : key}
              active={keysActive && key !== String(min + place)}
            />
          ))}
        </div>
        {high && (
          <span class="scale-end" aria-hidden="true" dir="auto">
            {high}
          </span>
        )}
      </div>
    </Asked>
  );
}

export const rating: PartEntry<RatingQuestion> = {
  Part: Rating,
  hasKeys: true,
  fitsBar: ({ per }) => !per,
};
