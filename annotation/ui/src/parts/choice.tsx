/** One of several options: a radio group, one key each. */
import type { ChoiceQuestion, Option } from "../core/types";
import { Key, useCommands } from "./commands";
import type { PartEntry, PartProps } from "./contract";

const DIGITS = "123456789";

/** The key of an option: its own, or its place while that is a digit. */
export function keyOfOption(option: Option, place: number): string {
  return (option.key ?? DIGITS[place] ?? "").toUpperCase();
}

function Choice({ question, value, onChange, keysActive, disabled }: PartProps<ChoiceQuestion>) {
  const pick = (id: string) => onChange(value === id && !question.required ? undefined : id);
  useCommands(
    () =>
      question.options.map((option, place) => ({
        id: `option.${place + 1}`,
        label: option.text,
        key: keyOfOption(option, place),
        group: "answer",
        fixed: true,
        enabled: () => !disabled,
        run: () => onChange(option.id),
      })),
    keysActive,
    [question, disabled, onChange],
  );
  return (
    <fieldset class="options" disabled={disabled}>
      <legend>{question.text}</legend>
      {question.options.map((option, place) => (
        <label class="option" key={option.id}>
          <input
            type="radio"
            name={question.id}
            value={option.id}
            checked={value === option.id}
            onChange={() => pick(option.id)}
          />
          <span dir="auto">{option.text}</span>
          {keysActive && <Key of={`option.${place + 1}`} />}
        </label>
      ))}
    </fieldset>
  );
}

export const choice: PartEntry<ChoiceQuestion> = {
  Part: Choice,
  fitsBar: (question) => !question.per && question.options.length <= 9,
};
