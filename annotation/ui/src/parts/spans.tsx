/** Passages of a text with labels: the text with its list in the document, the labels in the bar. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { keysOf } from "../core/keyed";
import { cannotAssess, type Span, type SpansQuestion } from "../core/types";
import { t, tn } from "../core/words";
import { SLOTS } from "../engines/spans/paint";
import { mount, type SpansHandle } from "../engines/spans/mount";
import { Asked, idOf } from "./asked";
import { Key, shortcut, useCommands } from "./commands";
import type { PartEntry, PartProps } from "./contract";
import { fieldName } from "./fields";
import { useAbout } from "./guide";
import { hideMarks, marksHidden } from "./marks";

/** The engines on the page by question, so that the bar's buttons reach the text. */
const mounted = new Map<string, SpansHandle>();

const NO_SPANS: readonly Span[] = [];

function spansIn(value: unknown): readonly Span[] {
  return Array.isArray(value) ? (value as Span[]) : NO_SPANS;
}

function Spans(part: PartProps<SpansQuestion>) {
  const { question, task, value, onChange, keysActive, disabled, error } = part;
  const content = task.item[question.of];
  const text = typeof content === "string" ? content : null;
  const host = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const handle = useRef<SpansHandle | null>(null);
  const change = useRef(onChange);
  const sent = useRef<unknown>(undefined);
  const [says, setSays] = useState("");
  const [current, setCurrent] = useState<Span | undefined>(undefined);
  change.current = onChange;

  useLayoutEffect(() => {
    if (!host.current || !list.current || text === null) return undefined;
    const engine = mount(host.current, {
      text,
      options: question.options,
      overlap: question.overlap !== false,
      disabled,
      value: spansIn(value),
      list: list.current,
      onChange: (spans) => {
        sent.current = spans;
        change.current(spans);
      },
      onSay: setSays,
      onPoint: (state) => setCurrent(state.current),
    });
    handle.current = engine;
    sent.current = value;
    mounted.set(question.id, engine);
    return () => {
      if (mounted.get(question.id) === engine) mounted.delete(question.id);
      engine.destroy();
    };
  }, [text, question]);
  // With the drawing, not after it: by then somebody may have marked the next span.
  useLayoutEffect(() => {
    // Undo, a restored draft: the value has come from elsewhere.
    if (value !== sent.current) handle.current?.set(spansIn(value));
    sent.current = value;
  }, [value]);
  useEffect(() => handle.current?.setDisabled(disabled), [disabled]);

  const run = (name: string) => handle.current?.command(name);
  const none = () => onChange(Array.isArray(value) ? undefined : []);
  useCommands(
    () => [
      ...labelCommands(question, disabled),
      ...(
        [
          ["spans.next", t("Next span"), "]", "next"],
          ["spans.previous", t("Previous span"), "[", "previous"],
          ["spans.remove", t("Remove the span"), "Delete", "remove"],
        ] as const
      ).map(([id, label, key, command]) => ({
        id,
        label,
        key,
        group: "answer" as const,
        repeats: command !== "remove",
        run: () => void run(command),
      })),
      {
        id: "spans.hide",
        label: t("Hide all marks while held"),
        key: "H",
        group: "view" as const,
        run: () => hideMarks(true),
        release: () => hideMarks(false),
      },
    ],
    keysActive,
    [question, disabled],
  );

  if (text === null) return null;
  const count = spansIn(value).length;
  return (
    <Asked part={part}>
      <div class="spans">
        <div class="spans-text">
          <h2 class="field-name">{fieldName(question.of)}</h2>
          <div
            ref={host}
            class="span-text"
            id={idOf(part, "text")}
            data-marks={marksHidden.value ? "hidden" : undefined}
            // A text that is read and walked through by arrows: screen readers hand over the keys.
            role="textbox"
            aria-readonly="true"
            aria-multiline="true"
            aria-label={t("{question}: arrow keys choose words, Shift extends", { question: question.text })}
            aria-describedby={error ? idOf(part, "error") : undefined}
            tabIndex={0}
          />
        </div>
        <div class="spans-side">
          <h2 class="field-name" id={idOf(part, "list")}>
            {tn("{n} span", "{n} spans", count)}
          </h2>
          <div class="span-tools" role="group" aria-label={t("The current span")}>
            <span>
              {t("Start")}
              <Tool on={current} text={t("Start earlier")} sign="‹" run={() => run("start-left")} />
              <Tool on={current} text={t("Start later")} sign="›" run={() => run("start-right")} />
            </span>
            <span>
              {t("End")}
              <Tool on={current} text={t("End earlier")} sign="‹" run={() => run("end-left")} />
              <Tool on={current} text={t("End later")} sign="›" run={() => run("end-right")} />
            </span>
            <button
              type="button"
              class="toggle"
              disabled={!current || disabled}
              onClick={() => run("remove")}
            >
              {t("Remove")} <Key of="spans.remove" own="Delete" active={keysActive} />
            </button>
            <button
              type="button"
              class="toggle"
              aria-pressed={marksHidden.value}
              aria-keyshortcuts={shortcut("spans.hide", keysActive)}
              onClick={() => hideMarks(!marksHidden.value)}
            >
              {t("Hide marks")} <Key of="spans.hide" own="H" active={keysActive} />
            </button>
          </div>
          <div class="span-list" role="list" ref={list} aria-labelledby={idOf(part, "list")} />
          {count === 0 && (
            <button
              type="button"
              class="toggle"
              aria-pressed={Array.isArray(value)}
              disabled={disabled}
              onClick={none}
            >
              {t("Nothing to mark")}
            </button>
          )}
        </div>
        <p class="for-ears" role="status">
          {says}
        </p>
      </div>
    </Asked>
  );
}

type ToolProps = { on: Span | undefined; text: string; sign: string; run(): void };

function Tool({ on, text, sign, run }: ToolProps) {
  return (
    <button type="button" class="toggle tool" disabled={!on} title={text} aria-label={text} onClick={run}>
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}

function labelCommands(question: SpansQuestion, disabled: boolean) {
  const printed = keysOf(question.options);
  return question.options.map((option, place) => ({
    id: `option.${place + 1}`,
    label: option.text,
    key: printed[place] ?? "",
    group: "answer" as const,
    fixed: true,
    enabled: () => !disabled,
    run: () => void mounted.get(question.id)?.command(`label:${option.id}`),
  }));
}

/** The labels. A press on one leaves what is chosen in the text, and the focus there. */
function LabelBar(part: PartProps<SpansQuestion>) {
  const { question, value, keysActive, disabled } = part;
  const printed = keysOf(question.options);
  const about = useAbout();
  return (
    <div
      class="question in-bar label-bar"
      role="group"
      aria-label={t("Labels")}
      data-question={question.id}
      data-keys={keysActive ? "here" : undefined}
    >
      {question.options.map((option, place) => (
        <span class="with-about" key={option.id}>
          <button
            type="button"
            class={`option label-button c${place % SLOTS}`}
            disabled={disabled || cannotAssess(value)}
            aria-keyshortcuts={shortcut(`option.${place + 1}`, keysActive)}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => mounted.get(question.id)?.command(`label:${option.id}`)}
          >
            <span class="swatch" aria-hidden="true">
              ab
            </span>
            <span dir="auto">{option.text}</span>
            <Key of={`option.${place + 1}`} own={printed[place] ?? ""} active={keysActive} />
          </button>
          {about(option.text)}
        </span>
      ))}
    </div>
  );
}

export const spans: PartEntry<SpansQuestion> = {
  Part: Spans,
  Bar: LabelBar,
  showsField: ({ of }) => of,
  hasKeys: true,
  keepsKeys: () => true,
};
