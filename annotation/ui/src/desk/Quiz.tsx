/** The quiz about the guidelines: all questions on one sheet, the guidelines above them, judged by the server. */
import { useRef, useState } from "preact/hooks";
import { t } from "../core/words";
import { useDesk } from "./context";
import { Dialog } from "./Dialog";
import type { JudgedAnswer, QuizQuestion } from "./info";
import { Markdown } from "./Markdown";

export function QuizDialog({ onClose }: { onClose?: () => void }) {
  const { work } = useDesk();
  const [chosen, setChosen] = useState<Record<number, number>>({});
  const [judged, setJudged] = useState<readonly JudgedAnswer[]>([]);
  const [said, setSaid] = useState("");
  const form = useRef<HTMLFormElement>(null);
  const guidelines = work.info.value?.guidelines;
  const quiz = guidelines?.quiz ?? [];
  if (!guidelines || quiz.length === 0) return null;
  const choose = (n: number, choice: number) => {
    setChosen({ ...chosen, [n]: choice });
    // What was judged is no longer what is chosen.
    setJudged(judged.map((one, place) => (place === n ? undefined : one)) as JudgedAnswer[]);
  };
  const goTo = (n: number) => {
    const inside = form.current?.querySelector(`[data-question="${n}"]`);
    const there = inside?.querySelector<HTMLElement>("input:checked") ?? inside?.querySelector("input");
    there?.focus();
  };
  const check = async (event: Event) => {
    event.preventDefault();
    const missing = quiz.findIndex((_, n) => chosen[n] === undefined);
    if (missing >= 0) {
      setSaid(t("Question {n} has no answer yet.", { n: missing + 1 }));
      goTo(missing);
      return;
    }
    const result = await work.answerQuiz(quiz.map((_, n) => chosen[n] ?? 0));
    if (!result) return;
    if (result.passed) {
      onClose?.();
      return;
    }
    setJudged(result.answers);
    setSaid(t("Not all of it is right yet. What is wrong is explained below the question."));
    goTo(result.answers.findIndex((one) => !one.right));
  };
  return (
    <Dialog title={t("A few questions about the guidelines")} onClose={onClose} wide>
      <div class="ws-long" tabIndex={0} role="group" aria-label={t("Guidelines")}>
        <Markdown text={guidelines.markdown} />
      </div>
      <form class="ws-stack" ref={form} onSubmit={(event) => void check(event)}>
        <p class="muted">{t("A wrong answer is explained, and you may try again as often as you like.")}</p>
        {quiz.map((question, n) => (
          <Question
            key={n}
            n={n}
            question={question}
            chosen={chosen[n]}
            judged={judged[n]}
            onChoose={(choice) => choose(n, choice)}
          />
        ))}
        <p class="ws-error" role="alert">
          {said}
        </p>
        <div class="ws-dialog-end">
          {onClose ? (
            <button class="button" type="button" onClick={onClose}>
              {t("Later")}
            </button>
          ) : (
            <a class="button" href={work.config.pages.projects}>
              {t("Your projects")}
            </a>
          )}
          <button class="button button-primary" type="submit">
            {t("Check my answers")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

type QuestionProps = {
  n: number;
  question: QuizQuestion;
  chosen: number | undefined;
  judged: JudgedAnswer | undefined;
  onChoose(choice: number): void;
};

function Question({ n, question, chosen, judged, onChoose }: QuestionProps) {
  const why = `ws-why-${n}`;
  return (
    <fieldset class="ws-reasons" data-question={n} aria-describedby={judged ? why : undefined}>
      <legend class="label" dir="auto">
        {n + 1}. {question.text}
      </legend>
      {question.choices.map((choice, place) => (
        <label key={place}>
          <input
            type="radio"
            name={`quiz-${n}`}
            checked={chosen === place}
            onChange={() => onChoose(place)}
          />{" "}
          <span dir="auto">{choice}</span>
        </label>
      ))}
      {judged && (
        <p id={why} class={judged.right ? "muted" : "ws-error"}>
          <b>{judged.right ? `✓ ${t("Right.")}` : `✗ ${t("Not right.")}`}</b>{" "}
          <span dir="auto">{judged.explanation}</span>
        </p>
      )}
    </fieldset>
  );
}
