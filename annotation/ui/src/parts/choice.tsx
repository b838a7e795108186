/** One of several options: a radio group, one key each. */
import { keysOf } from "../core/keyed";
import type { ChoiceQuestion } from "../core/types";
import { Asked, idOf } from "./asked";
import { useCommands } from "./commands";
import type { PartEntry, PartProps } from "./contract";
import { OptionButton } from "./option";

const BAR_OPTIONS = 7;
const BAR_LETTERS = 90;

function Choice(part: PartProps<ChoiceQuestion>) {
  const { question, value, onChange, keysActive, disabled, target } = part;
  const printed = keysOf(question.options);
  const pick = (id: string) => onChange(value === id && question.required === false ? undefined : id);
  useCommands(
    () =>
      question.options.map((option, place) => ({
        id: `option.${place + 1}`,
        label: option.text,
        key: printed[place] ?? "",
        group: "answer",
        fixed: true,
        enabled: () => !disabled,
        run: () => pick(option.id),
      })),
    keysActive,
    [question, disabled, value, onChange],
  );
  return (
    <Asked part={part} role="radiogroup">
      <div class={`options${isLong(question) ? " options-long" : ""}`}>
        {question.options.map((option, place) => (
          <OptionButton
            key={option.id}
            type="radio"
            name={idOf(part, "choice")}
            value={option.id}
            text={option.text}
            checked={value === option.id}
            onPick={() => pick(option.id)}
            command={`option.${place + 1}`}
            printed={printed[place] ?? ""}
            active={keysActive}
            about={target ? undefined : option.text}
          />
        ))}
      </div>
    </Asked>
  );
}

/** Long or many options stand below each other. */
export function isLong({ options }: { options: { text: string }[] }): boolean {
  return options.length > 12 || options.some(({ text }) => text.length > 40);
}

export const choice: PartEntry<ChoiceQuestion> = {
  Part: Choice,
  hasKeys: true,
  fitsBar: ({ per, options }) =>
    !per &&
    options.length <= BAR_OPTIONS &&
    options.reduce((sum, { text }) => sum + text.length, 0) <= BAR_LETTERS,
};
