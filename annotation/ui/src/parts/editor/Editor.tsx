/** The schema editor's form: one value with the JSON beside it. Everything goes by Tab and Enter. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { announce } from "../../core/live";
import { format, type Loose, moved, newQuestion, parse, questions, renameQuestion } from "../../core/written";
import { t } from "../../core/words";
import { Pick, RowButtons } from "./inputs";
import { CandidatesEditor, ItemEditor } from "./item";
import { QuestionEditor } from "./question";

const TYPES: readonly (readonly [string, string])[] = [
  ["choice", t("One of several options")],
  ["choices", t("Any of several options")],
  ["taxonomy", t("Options inside options")],
  ["spans", t("Passages of a text")],
  ["preference", t("Which of two is better")],
  ["ranking", t("Rank all candidates")],
  ["rating", t("A number on a scale")],
  ["text", t("A written answer")],
];
const MOST_UNDO = 200;

type Props = {
  text: string;
  onText(text: string): void;
  view: "form" | "json";
  onView(view: "form" | "json"): void;
};

export function Editor({ text, onText, view, onView }: Props) {
  const past = useRef<string[]>([]);
  const [undoable, setUndoable] = useState(0);
  const focus = useRef("");
  const [type, setType] = useState("choice");
  const read = parse(text);
  // With the change on the page, not after the next frame: an effect that still waits from the render before would
  // look for what is not there yet, and the focus would go nowhere.
  useLayoutEffect(() => {
    if (!focus.current) return;
    document.getElementById(focus.current)?.focus();
    focus.current = "";
  });
  const focusOn = (id: string) => {
    focus.current = id;
  };
  const change = (schema: Loose) => {
    past.current = [...past.current.slice(1 - MOST_UNDO), text];
    setUndoable(past.current.length);
    onText(format(schema));
  };
  const undo = () => {
    const before = past.current.pop();
    setUndoable(past.current.length);
    if (before !== undefined) onText(before);
    announce(t("Undone"));
  };
  return (
    <section class="card stack ed" aria-label={t("Schema editor")}>
      <div class="apart">
        <div class="row" role="group" aria-label={t("Edit as")}>
          {(["form", "json"] as const).map((one) => (
            <button
              key={one}
              type="button"
              class="button button-small"
              aria-pressed={view === one}
              onClick={() => onView(one)}
            >
              {one === "form" ? t("Form") : t("JSON")}
            </button>
          ))}
        </div>
        <button type="button" class="button button-small" aria-disabled={undoable === 0} onClick={undo}>
          {t("Undo")}
        </button>
      </div>
      {"wrong" in read ? (
        <p class="problem" role="alert">
          {t("The JSON cannot be read, line {line}: {why}", { line: read.line, why: read.wrong })}
        </p>
      ) : (
        view === "form" && (
          <Form schema={read.schema} change={change} focusOn={focusOn} type={type} setType={setType} />
        )
      )}
    </section>
  );
}

function Form(props: {
  schema: Loose;
  change(schema: Loose): void;
  focusOn(id: string): void;
  type: string;
  setType(type: string): void;
}) {
  const { schema, change, focusOn } = props;
  const all = questions(schema);
  const set = (next: Loose[]) => change({ ...schema, questions: next });
  return (
    <>
      <ItemEditor schema={schema} onChange={change} focusOn={focusOn} />
      <CandidatesEditor schema={schema} onChange={change} focusOn={focusOn} />
      <ol class="ed-questions">
        {all.map((question, n) => (
          <li key={n} class="ed-question">
            <div class="apart">
              <h2>
                {n + 1}. {TYPES.find(([one]) => one === question.type)?.[1] ?? String(question.type)}
              </h2>
              <RowButtons
                at={`q${n}`}
                n={n}
                all={all.length}
                of={t("question {n}", { n: n + 1 })}
                onMove={(by) => {
                  set(moved(all, n, by));
                  focusOn(`q${n + by}-${by < 0 ? "up" : "down"}`);
                  announce(t("Question {n} is number {to} now", { n: n + 1, to: n + by + 1 }));
                }}
                onRemove={() => {
                  set(all.filter((_, k) => k !== n));
                  focusOn(n < all.length - 1 ? `q${n}-remove` : "q-add");
                  announce(t("Question {n} removed; Undo brings it back", { n: n + 1 }));
                }}
              />
            </div>
            <QuestionEditor
              schema={schema}
              question={question}
              n={n}
              onChange={(next) =>
                change(
                  next.id === question.id
                    ? { ...schema, questions: all.map((one, k) => (k === n ? next : one)) }
                    : renameQuestion(
                        {
                          ...schema,
                          questions: all.map((one, k) => (k === n ? { ...next, id: question.id } : one)),
                        },
                        n,
                        next.id,
                      ),
                )
              }
              onRename={(id) => change(renameQuestion(schema, n, id))}
              focusOn={focusOn}
            />
          </li>
        ))}
      </ol>
      <div class="row ed-add">
        <Pick
          label={t("New question")}
          value={props.type}
          options={TYPES}
          onChange={props.setType}
          id="q-type"
        />
        <button
          type="button"
          class="button"
          id="q-add"
          onClick={() => {
            set([...all, newQuestion(props.type, schema)]);
            focusOn(`q${all.length}-text`);
          }}
        >
          {t("Add a question")}
        </button>
      </div>
    </>
  );
}
