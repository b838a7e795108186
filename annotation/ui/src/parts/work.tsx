/**
 * The whole of one task: the item, what is compared, every question that is asked now. The desk and the preview
 * of a schema put `Work` into their document and `AnswerBar` into their sticky bar, with one `useKeyed` for both.
 */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Fault } from "../core/check";
import { asked } from "../core/conditions";
import { keyedQuestion } from "../core/keyed";
import { messagesOf, perOf, targetsOf } from "../core/targets";
import {
  type Answer,
  type Candidate,
  cannotAssess,
  type Per,
  type Question,
  type Schema,
  type Task,
  type Value,
} from "../core/types";
import { t } from "../core/words";
import { useCommands } from "./commands";
import { betterIn, Candidates } from "./candidates";
import { messageName, type PerMessage } from "./chat";
import type { PartProps } from "./contract";
import { FieldView } from "./fields";
import { barQuestion, partOf } from "./questions";
import { askedPer, AtTarget, keyedTarget, Summary, valuesIn, withTarget } from "./targets";

export type WorkProps = {
  schema: Schema;
  task: Task;
  answer: Answer;
  onAnswer(question: string, value: Value | undefined): void;
  /** Which question, and which of its targets, has the keys: `useKeyed`. */
  keyed: Keyed;
  /** Shown at their questions; give them once somebody has tried to submit. */
  faults: readonly Fault[];
  disabled: boolean;
  /** The sticky bar shows the question that fits there. */
  bar: boolean;
};

export type Keyed = { question: string | null; target: string | null };

/** Follows the focus; the question that has the keys is the focused or the first open one. */
export function useKeyed(schema: Schema, task: Task, answer: Answer): Keyed {
  const [focus, setFocus] = useState<Keyed>({ question: null, target: null });
  useEffect(() => {
    const follow = () => {
      const at = document.activeElement;
      const place = at?.closest<HTMLElement>("[data-question]");
      const target = at?.closest<HTMLElement>("[data-target]")?.dataset.target ?? null;
      const question = place?.dataset.question ?? null;
      setFocus((now) => (now.question === question && now.target === target ? now : { question, target }));
    };
    // A click on plain page leaves no focus, and tells nothing by `focusin`.
    const left = () => setTimeout(follow);
    document.addEventListener("focusin", follow);
    document.addEventListener("focusout", left);
    return () => {
      document.removeEventListener("focusin", follow);
      document.removeEventListener("focusout", left);
    };
  }, []);
  const takers = asked(schema, answer).flatMap((question) => {
    const entry = partOf(question);
    return entry?.hasKeys ? [{ question, keeps: entry.keepsKeys?.(question) ?? false }] : [];
  });
  const id = keyedQuestion(takers, task, answer, focus.question);
  const question = takers.find((taker) => taker.question.id === id)?.question;
  const per = question && perOf(question);
  if (!question || per === undefined) return { question: id, target: null };
  if (focus.question === id && focus.target !== null) return focus;
  return nextTarget(takers, { question, per }, task, answer);
}

/** Message by message: what else is required there comes before the next one. */
function nextTarget(
  takers: readonly { question: Question }[],
  { question, per }: { question: Question; per: Per },
  task: Task,
  answer: Answer,
): Keyed {
  const same = JSON.stringify(per);
  const group = takers
    .map((taker) => taker.question)
    .filter((other) => other.required !== false && JSON.stringify(perOf(other)) === same);
  for (const target of targetsOf(per, task)) {
    const open = group.find(
      ({ id }) => valuesIn(answer[id])[target] === undefined && !cannotAssess(answer[id]),
    );
    if (open && group.includes(question)) return { question: open.id, target };
  }
  return { question: question.id, target: keyedTarget(per, { task }, answer[question.id]) };
}

function partProps(props: WorkProps, question: Question): PartProps {
  const { schema, task, answer, onAnswer, keyed, faults, disabled } = props;
  return {
    question,
    schema,
    task,
    answer,
    value: answer[question.id],
    onChange: (value) => onAnswer(question.id, value),
    keysActive: keyed.question === question.id && keyed.target === null,
    disabled,
    error: faults.find(({ field }) => field === question.id)?.message,
  };
}

export function Work(props: WorkProps) {
  const { schema, task, answer, keyed } = props;
  const now = asked(schema, answer);
  const inBar = props.bar ? barQuestion(schema, task) : undefined;
  const shownByParts = new Set(now.map((question) => partOf(question)?.showsField?.(question)));
  const latest = useRef(props);
  latest.current = props;
  const onTarget = useCallback((question: string, target: string, value: Value | undefined) => {
    const { answer: current, onAnswer } = latest.current;
    onAnswer(question, withTarget(current[question], target, value));
  }, []);
  const controlsOf = (questions: readonly { question: Question }[], id: string, name: string) => (
    <div class="target-controls">
      {questions.map(({ question }) => {
        const entry = partOf(question);
        const { value: whole, onChange: _, keysActive: __, ...part } = partProps(props, question);
        return (
          entry && (
            <AtTarget
              key={question.id}
              entry={entry}
              part={part}
              value={valuesIn(whole)[id]}
              target={{ id, name }}
              keysActive={keyed.question === question.id && keyed.target === id}
              onTarget={onTarget}
            />
          )
        );
      })}
    </div>
  );
  const perMessage = (field: string): PerMessage | undefined => {
    const questions = askedPer(now, (per) => per !== "candidates" && per.messages === field);
    const messages = messagesOf(task.item[field]);
    if (questions.length === 0 || messages === null) return undefined;
    const here = (n: number) =>
      questions.filter(
        ({ per }) => per !== "candidates" && (per.roles ?? ["assistant"]).includes(messages[n]!.role),
      );
    return {
      stamp: (n) => [
        props.disabled,
        ...here(n).flatMap(({ question }) => [
          question,
          valuesIn(answer[question.id])[n],
          keyed.question === question.id && keyed.target === String(n),
        ]),
      ],
      controls: (n) =>
        here(n).length > 0 && controlsOf(here(n), String(n), messageName(messages[n]!.role, n)),
    };
  };
  const perCandidate = askedPer(now, (per) => per === "candidates");
  useFollow(keyed);
  const keyedType = schema.questions.find(({ id }) => id === keyed.question)?.type;
  useCommands(
    () => [
      { id: "question.next", label: t("Next question"), key: "]", group: "view", run: () => step(keyed, 1) },
      {
        id: "question.previous",
        label: t("Previous question"),
        key: "[",
        group: "view",
        run: () => step(keyed, -1),
      },
    ],
    // There the same keys go from span to span.
    keyedType !== "spans",
    [keyed.question, keyed.target],
  );
  return (
    <div class="work" key={task.id}>
      {task.problem && (
        <p class="problem" role="alert">
          {t("This item does not fit its schema: {problem} Skip or flag it.", { problem: task.problem })}
        </p>
      )}
      {Object.entries(schema.item).map(
        ([name, shown]) =>
          !(shownByParts.has(name) && typeof task.item[name] === "string") && (
            <FieldView
              key={name}
              name={name}
              shown={shown}
              value={task.item[name] ?? null}
              perMessage={shown === "chat" ? perMessage(name) : undefined}
            />
          ),
      )}
      {task.candidates && (
        <Candidates
          key={`${task.id}-candidates`}
          candidates={task.candidates}
          as={schema.candidates?.as ?? "markdown"}
          better={betterIn(schema, answer, task.candidates.length)}
          controls={
            perCandidate.length > 0
              ? ({ name }: Candidate) => controlsOf(perCandidate, name, t("response {name}", { name }))
              : undefined
          }
        />
      )}
      {now.map((question) => {
        const entry = partOf(question);
        const part = partProps(props, question);
        const per = perOf(question);
        if (per !== undefined) return <Summary key={question.id} part={part} per={per} />;
        if (!entry) return <Unknown key={question.id} question={question} />;
        if (question === inBar && !entry.Bar) return <InBarNote key={question.id} part={part} />;
        return (
          <div class="sheet" key={question.id}>
            <entry.Part {...part} />
            {entry.Bar && question !== inBar && <entry.Bar {...part} />}
          </div>
        );
      })}
    </div>
  );
}

/** The controls of the sticky bar. */
export function AnswerBar(props: WorkProps) {
  const question = barQuestion(props.schema, props.task);
  const entry = question && partOf(question);
  if (!question || !entry) return null;
  const Shown = entry.Bar ?? entry.Part;
  return <Shown key={props.task.id} {...partProps(props, question)} inBar />;
}

/** A question whose buttons are in the bar: its words stay in the document where they are needed. */
function InBarNote({ part }: { part: PartProps }) {
  const { question, error } = part;
  return (
    <div class={`bar-note${error ? " bar-note-wrong" : ""}`}>
      <p class="question-name" aria-hidden="true" dir="auto">
        {question.text}
        {question.required === false && <span class="optional"> {t("(optional)")}</span>}
      </p>
      {question.help && (
        <p class="help" dir="auto">
          {question.help}
        </p>
      )}
      {error ? (
        <p class="wrong">
          {error} {t("Choose in the bar below.")}
        </p>
      ) : (
        <p class="help" aria-hidden="true">
          {t("Choose in the bar below.")}
        </p>
      )}
    </div>
  );
}

function Unknown({ question }: { question: Question }) {
  return (
    <div class="sheet">
      <p class="question-name" dir="auto">
        {question.text}
      </p>
      <p class="wrong">{t("This page is older than the question. Load it again.")}</p>
    </div>
  );
}

const CONTROLS =
  'input:checked, textarea, [role="textbox"], [role="treeitem"][tabindex="0"], input:enabled, button:enabled';

/** Go to the next or previous place with controls: a question, or its place at a message or candidate. */
function step(keyed: Keyed, by: 1 | -1): void {
  const stops = [...document.querySelectorAll<HTMLFieldSetElement>("fieldset[data-question]")];
  const here = document.activeElement?.closest("fieldset[data-question]");
  const now = stops.findIndex((stop) =>
    here
      ? stop === here
      : stop.dataset.question === keyed.question && (stop.dataset.target ?? null) === keyed.target,
  );
  const stop = stops[(now + by + stops.length) % stops.length];
  stop?.querySelector<HTMLElement>(CONTROLS)?.focus();
  stop?.scrollIntoView({ block: "nearest" });
}

/** Keep what the keys act on in view. */
function useFollow({ question, target }: Keyed): void {
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    if (question === null) return;
    const inside = target === null ? "" : `[data-target="${CSS.escape(target)}"]`;
    const place = document.querySelector(`[data-question="${CSS.escape(question)}"]${inside}:not(.in-bar)`);
    if (place && !place.contains(document.activeElement)) place.scrollIntoView({ block: "nearest" });
  }, [question, target]);
}
