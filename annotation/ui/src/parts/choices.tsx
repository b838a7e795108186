/** Any number of options within bounds: check boxes, one key each; none of them is an answer too. */
import { keysOf } from "../core/keyed";
import type { ChoicesQuestion } from "../core/types";
import { t } from "../core/words";
import { Asked, idOf } from "./asked";
import { isLong } from "./choice";
import { useCommands } from "./commands";
import type { PartEntry, PartProps } from "./contract";
import { OptionButton } from "./option";

function Choices(part: PartProps<ChoicesQuestion>) {
  const { question, value, onChange, keysActive, disabled, target } = part;
  const { options, min = 0 } = question;
  const max = question.max ?? options.length;
  const picked = Array.isArray(value) ? (value as string[]) : [];
  const printed = keysOf(options);
  const noneKey = printed.includes("0") ? "" : "0";
  const none = () => onChange(Array.isArray(value) && picked.length === 0 ? undefined : []);
  const toggle = (id: string) => {
    if (!picked.includes(id) && picked.length >= max) return;
    const next = options.map((option) => option.id).filter((one) => (one === id) !== picked.includes(one));
    onChange(next.length > 0 ? next : undefined);
  };
  useCommands(
    () => [
      ...options.map((option, place) => ({
        id: `option.${place + 1}`,
        label: option.text,
        key: printed[place] ?? "",
        group: "answer" as const,
        fixed: true,
        enabled: () => !disabled,
        run: () => {
          toggle(option.id);
          // The question keeps the keys while its boxes have the focus.
          document
            .getElementById(idOf(part, `box-${option.id}`))
            ?.querySelector("input")
            ?.focus();
        },
      })),
      ...(min === 0
        ? [
            {
              id: "option.none",
              label: t("None of these"),
              key: noneKey,
              group: "answer" as const,
              enabled: () => !disabled,
              run: none,
            },
          ]
        : []),
    ],
    keysActive,
    [question, disabled, value, onChange],
  );
  return (
    <Asked part={part} hint={hintOf(min, max, options.length)}>
      <div class={`options${isLong(question) ? " options-long" : ""}`}>
        {options.map((option, place) => (
          <span class="option-place" key={option.id} id={idOf(part, `box-${option.id}`)}>
            <OptionButton
              type="checkbox"
              name={idOf(part, "choices")}
              value={option.id}
              text={option.text}
              checked={picked.includes(option.id)}
              disabled={picked.length >= max && !picked.includes(option.id)}
              onPick={() => toggle(option.id)}
              command={`option.${place + 1}`}
              printed={printed[place] ?? ""}
              active={keysActive}
              about={target ? undefined : option.text}
            />
          </span>
        ))}
        {min === 0 && (
          <OptionButton
            type="checkbox"
            name={idOf(part, "none")}
            value=""
            text={t("None of these")}
            checked={Array.isArray(value) && picked.length === 0}
            onPick={none}
            command="option.none"
            printed={noneKey}
            active={keysActive}
            className="option-none"
          />
        )}
      </div>
    </Asked>
  );
}

function hintOf(min: number, max: number, count: number): string | undefined {
  if (min === max) return t("Pick {min}.", { min });
  if (min > 0 && max < count) return t("Pick {min} to {max}.", { min, max });
  if (min > 1) return t("Pick at least {min}.", { min });
  return max < count ? t("Pick at most {max}.", { max }) : undefined;
}

export const choices: PartEntry<ChoicesQuestion> = { Part: Choices, hasKeys: true, keepsKeys: () => true };
