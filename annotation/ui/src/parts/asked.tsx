/** The frame of every question: its text, help, what is wrong, and the way to say that it cannot be answered. */
import type { ComponentChildren } from "preact";
import { cannotAssess } from "../core/types";
import { t } from "../core/words";
import type { PartProps } from "./contract";

/** Ids of elements must be unique, and questions may be asked once per target. */
export function idOf({ question, target }: Pick<PartProps, "question" | "target">, what: string): string {
  return `q-${question.id}${target ? `-${target.id}` : ""}-${what}`;
}

type AskedProps = {
  part: PartProps;
  /** `radiogroup` for one of several; `group` for anything else. */
  role?: "radiogroup" | "group";
  hint?: string | undefined;
  children: ComponentChildren;
};

export function Asked({ part, role = "group", hint, children }: AskedProps) {
  const { question, target, error, inBar, disabled, keysActive } = part;
  const required = question.required !== false;
  const helpId = question.help && !target && !inBar ? idOf(part, "help") : undefined;
  const hintId = hint ? idOf(part, "hint") : undefined;
  const errorId = error ? idOf(part, "error") : undefined;
  const described = [helpId, hintId, errorId].filter(Boolean).join(" ") || undefined;
  return (
    <fieldset
      class={`question${inBar ? " in-bar" : ""}${target ? " of-target" : ""}`}
      role={role}
      data-question={question.id}
      data-target={target?.id}
      data-keys={keysActive ? "here" : undefined}
      aria-label={target ? `${question.text}: ${target.name}` : undefined}
      aria-describedby={described}
      aria-required={role === "radiogroup" && required ? "true" : undefined}
      aria-invalid={role === "radiogroup" && error ? "true" : undefined}
      disabled={disabled}
    >
      <legend>
        <span dir="auto">{question.text}</span>
        {!required && !target && <span class="optional"> {t("(optional)")}</span>}
      </legend>
      {helpId && (
        <p class="help" id={helpId} dir="auto">
          {question.help}
        </p>
      )}
      {hint && (
        <p class={inBar ? "for-ears" : "help"} id={hintId}>
          {hint}
        </p>
      )}
      <div class={`answers${cannotAssess(part.value) ? " put-aside" : ""}`}>
        {children}
        {!target && <CannotAssess part={part} />}
      </div>
      <Wrong id={errorId} error={error} />
    </fieldset>
  );
}

/** The toggle, where the question has it. */
export function CannotAssess({ part }: { part: PartProps }) {
  const { question, value, onChange, disabled } = part;
  if (!question.cannot_assess) return null;
  const on = cannotAssess(value);
  return (
    <button
      type="button"
      class="toggle cannot"
      aria-pressed={on}
      disabled={disabled}
      onClick={() => onChange(on ? undefined : { cannot_assess: true })}
    >
      {t("Cannot assess")}
    </button>
  );
}

export function Wrong({ id, error }: { id: string | undefined; error: string | undefined }) {
  if (!error) return null;
  return (
    <p class="wrong" id={id}>
      {error}
    </p>
  );
}
