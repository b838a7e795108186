/** A question asked per message or per candidate: one control at each target, and a line that counts them. */
import { Component } from "preact";
import { targetsOf } from "../core/targets";
import {
  cannotAssess,
  type Per,
  type PerTarget,
  type PlainValue,
  type Question,
  type Value,
} from "../core/types";
import { t } from "../core/words";
import { CannotAssess, idOf, Wrong } from "./asked";
import type { PartEntry, PartProps } from "./contract";

export type TargetProps = {
  entry: PartEntry;
  part: Omit<PartProps, "value" | "onChange" | "target" | "keysActive">;
  value: Value | undefined;
  target: { id: string; name: string };
  keysActive: boolean;
  onTarget(question: string, target: string, value: Value | undefined): void;
};

/** One control. Of two hundred only those are drawn again whose value or keys have changed. */
export class AtTarget extends Component<TargetProps> {
  override shouldComponentUpdate(next: Readonly<TargetProps>): boolean {
    const { props } = this;
    return (
      props.value !== next.value ||
      props.keysActive !== next.keysActive ||
      props.target.id !== next.target.id ||
      props.part.question !== next.part.question ||
      props.part.task !== next.part.task ||
      props.part.disabled !== next.part.disabled ||
      props.onTarget !== next.onTarget
    );
  }

  override render({ entry, part, value, target, keysActive, onTarget }: TargetProps) {
    const { Part } = entry;
    return (
      <Part
        {...part}
        error={undefined}
        value={value}
        target={target}
        keysActive={keysActive}
        onChange={(changed) => onTarget(part.question.id, target.id, changed)}
      />
    );
  }
}

/** The values by target; nothing while the whole question is put aside. */
export function valuesIn(value: Value | undefined): PerTarget {
  if (typeof value !== "object" || Array.isArray(value) || cannotAssess(value)) return {};
  return value as PerTarget;
}

/** `value` with one target changed; undefined once nothing is left. */
export function withTarget(
  value: Value | undefined,
  target: string,
  one: Value | undefined,
): PerTarget | undefined {
  const next: PerTarget = { ...valuesIn(value) };
  if (one === undefined) delete next[target];
  else next[target] = one as PlainValue;
  return Object.keys(next).length > 0 ? next : undefined;
}

/** The first open target, else the last. */
export function keyedTarget(
  per: Per,
  { task }: Pick<PartProps, "task">,
  value: Value | undefined,
): string | null {
  const targets = targetsOf(per, task);
  const values = valuesIn(value);
  return targets.find((target) => values[target] === undefined) ?? targets.at(-1) ?? null;
}

/** The question itself, among the others: what it is about, how far it is, what is wrong. */
export function Summary({ part, per }: { part: PartProps; per: Per }) {
  const { question, value, error, task } = part;
  const all = targetsOf(per, task).length;
  const done = Object.keys(valuesIn(value)).length;
  return (
    <section class="question summary" data-question={question.id} aria-labelledby={idOf(part, "name")}>
      <h3 class="question-name" id={idOf(part, "name")}>
        <span dir="auto">{question.text}</span>
        {question.required === false && <span class="optional"> {t("(optional)")}</span>}
      </h3>
      {question.help && (
        <p class="help" dir="auto">
          {question.help}
        </p>
      )}
      <div class="answers">
        <p class="summary-count" role="status">
          {per === "candidates"
            ? t("{done} of {all} responses", { done, all })
            : t("{done} of {all} messages", { done, all })}
        </p>
        <CannotAssess part={part} />
      </div>
      <Wrong id={idOf(part, "error")} error={error} />
    </section>
  );
}

/** The questions of a schema that are asked at targets of one kind. */
export function askedPer(
  questions: readonly Question[],
  fits: (per: Per) => boolean,
): { question: Question; per: Per }[] {
  return questions.flatMap((question) => {
    const per = "per" in question ? question.per : undefined;
    return per !== undefined && fits(per) ? [{ question, per }] : [];
  });
}
