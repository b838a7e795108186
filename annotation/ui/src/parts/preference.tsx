/** Which of two is better and by how much: one scale from “A much” to “B much”, digits from the left. */
import type { Candidate, Preference, PreferenceQuestion } from "../core/types";
import { t } from "../core/words";
import { Asked, idOf } from "./asked";
import { useCommands } from "./commands";
import type { PartEntry, PartProps } from "./contract";
import { OptionButton } from "./option";

type Step = { value: Preference; text: string; wide?: string; said: string };

/** The steps of the scale, left to right; “both bad” stands last, apart. */
export function stepsOf(question: PreferenceQuestion, candidates: readonly Candidate[]): Step[] {
  const [first, second] = candidates;
  if (!first || !second) return [];
  const most = question.strength ?? 1;
  const grades = Array.from({ length: most }, (_, n) => most - n);
  const side = ({ name }: Candidate, strength: number): Step => ({
    value: most === 1 ? { better: name } : { better: name, strength },
    ...words(name, strength, most),
  });
  return [
    ...grades.map((strength) => side(first, strength)),
    ...(question.tie === false ? [] : [{ value: { better: "tie" }, text: t("Tie"), said: t("Tie") }]),
    ...grades.toReversed().map((strength) => side(second, strength)),
    ...(question.both_bad === false
      ? []
      : [{ value: { better: "both_bad" }, text: t("Both bad"), said: t("Both bad") }]),
  ];
}

function words(name: string, strength: number, most: number): Omit<Step, "value"> {
  if (most === 1) return { text: t("{name} better", { name }), said: t("{name} is better", { name }) };
  if (strength === most)
    return {
      text: t("{name} much", { name }),
      wide: t("{name} much better", { name }),
      said: t("{name} is much better", { name }),
    };
  if (strength === 1)
    return {
      text: t("{name} slightly", { name }),
      wide: t("{name} slightly better", { name }),
      said: t("{name} is slightly better", { name }),
    };
  return { text: name, wide: t("{name} better", { name }), said: t("{name} is better", { name }) };
}

function same(a: unknown, b: Preference): boolean {
  if (typeof a !== "object" || a === null || !("better" in a)) return false;
  return a.better === b.better && ((a as Preference).strength ?? 1) === (b.strength ?? 1);
}

function PreferencePart(part: PartProps<PreferenceQuestion>) {
  const { question, task, value, onChange, keysActive, disabled } = part;
  const steps = stepsOf(question, task.candidates ?? []);
  const pick = (step: Step) =>
    onChange(same(value, step.value) && question.required === false ? undefined : step.value);
  useCommands(
    () =>
      steps.map((step, place) => ({
        id: `option.${place + 1}`,
        label: step.said,
        key: String((place + 1) % 10),
        group: "answer",
        fixed: true,
        enabled: () => !disabled,
        run: () => pick(step),
      })),
    keysActive,
    [question, task, disabled, value, onChange],
  );
  if (steps.length === 0) return null;
  return (
    <Asked part={part} role="radiogroup">
      <div class="steps-scale">
        {steps.map((step, place) => (
          <OptionButton
            key={place}
            type="radio"
            name={idOf(part, "preference")}
            value={String(place)}
            text={step.text}
            wide={step.wide}
            label={step.said}
            checked={same(value, step.value)}
            onPick={() => pick(step)}
            command={`option.${place + 1}`}
            printed={String(place + 1)}
            active={keysActive}
            className={step.value.better === "both_bad" ? "step step-apart" : "step"}
          />
        ))}
      </div>
    </Asked>
  );
}

export const preference: PartEntry<PreferenceQuestion> = {
  Part: PreferencePart,
  hasKeys: true,
  fitsBar: () => true,
};
