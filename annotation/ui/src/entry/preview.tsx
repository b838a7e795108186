/**
 * A live preview of a label schema: the labeler's own parts, without a server.
 *
 *     <div data-preview data-schema="id of a textarea" data-item="id of a textarea"></div>
 *
 * Both hold JSON; a change of either shows at once, and what was answered so far is kept where it still fits.
 * The element sends `ringfence:answer` (detail: the answer) after each change. Keys work while the focus is in it.
 */
import { Component, type ComponentChildren, render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { faultsOf } from "../core/check";
import { onlyAsked } from "../core/conditions";
import { keys } from "../core/keys";
import { readSchema, sampleTask } from "../core/sample";
import type { Answer, Schema, Task } from "../core/types";
import { t } from "../core/words";
import { beginning } from "../engines/markdown/cut";
import { AnswerBar, useKeyed, Work, type WorkProps } from "../parts/work";
import "../style/label.css";
import "../style/markdown.css";
import "../style/spans.css";
import "../style/preview.css";

type Source = { schema: string; item: string };

const WAIT_MS = 120;
/** Characters of the answer that the page prints; the event carries all of it. */
const MOST_SHOWN = 4_000;

function Preview({ source, host }: { source: Source; host: HTMLElement }) {
  const shown = read(source);
  if ("wrong" in shown) return <p class="problem">{shown.wrong}</p>;
  return (
    <Guarded key={source.schema}>
      <Shown {...shown} host={host} />
    </Guarded>
  );
}

function read({ schema, item }: Source): { schema: Schema; task: Task } | { wrong: string } {
  try {
    const read = readSchema(schema);
    return { schema: read, task: sampleTask(read, item) };
  } catch (wrong) {
    return { wrong: (wrong as Error).message };
  }
}

/** Answers outlast a change of the schema, so that somebody who edits sees what becomes of them. */
let kept: Answer = {};

function Shown({ schema, task, host }: { schema: Schema; task: Task; host: HTMLElement }) {
  const [answer, setAnswer] = useState<Answer>(kept);
  const keyed = useKeyed(schema, task, answer);
  const sent = onlyAsked(schema, answer);
  const faults = faultsOf(schema, task, sent);
  useEffect(() => {
    kept = answer;
    host.dispatchEvent(new CustomEvent("ringfence:answer", { detail: sent, bubbles: true }));
  }, [answer]);
  const props: WorkProps = {
    schema,
    task,
    answer,
    keyed,
    faults: [],
    disabled: false,
    bar: true,
    onAnswer: (question, value) =>
      setAnswer((now) => {
        const next = { ...now };
        if (value === undefined) delete next[question];
        else next[question] = value;
        return next;
      }),
  };
  return (
    <div class="preview" role="region" aria-label={t("Preview")} tabIndex={0}>
      <Work {...props} />
      <div class="preview-bar">
        <AnswerBar {...props} />
      </div>
      <section class="preview-answer" aria-label={t("The answer")}>
        <h2 class="field-name">{t("The answer so far")}</h2>
        <pre tabIndex={0}>{beginning(JSON.stringify(sent, null, 2), MOST_SHOWN)}</pre>
        <ul class="preview-open" role="list">
          {faults.map(({ field, message }) => (
            <li key={field}>
              <b>{field}</b> {message}
            </li>
          ))}
          {faults.length === 0 && <li>{t("Complete: it could be submitted.")}</li>}
        </ul>
      </section>
    </div>
  );
}

/** A schema that only the server can find wrong may break a part: the page says so and goes on. */
class Guarded extends Component<{ children: ComponentChildren }, { broken: boolean }> {
  override state = { broken: false };

  override componentDidCatch(): void {
    this.setState({ broken: true });
  }

  override render() {
    if (this.state.broken) return <p class="problem">{t("This schema cannot be shown. Check it first.")}</p>;
    return this.props.children;
  }
}

function start(host: HTMLElement): void {
  const field = (id: string | undefined) => document.getElementById(id ?? "") as HTMLTextAreaElement | null;
  const [schema, item] = [field(host.dataset.schema), field(host.dataset.item)];
  if (!schema || !item) return;
  const show = () =>
    render(<Preview source={{ schema: schema.value, item: item.value }} host={host} />, host);
  let timer: ReturnType<typeof setTimeout> | undefined;
  for (const one of [schema, item]) {
    one.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(show, WAIT_MS);
    });
  }
  keys.listen(host);
  show();
}

for (const host of document.querySelectorAll<HTMLElement>("[data-preview]")) start(host);
