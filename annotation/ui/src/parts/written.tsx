/** A written answer: a plain text field, so that spelling, input methods, undo and screen readers work. */
import { useEffect, useRef, useState } from "preact/hooks";
import { codePoints } from "../core/text";
import type { Answer, Candidate, Preference, TextQuestion } from "../core/types";
import { t } from "../core/words";
import { Asked, idOf } from "./asked";
import type { PartEntry, PartProps } from "./contract";
import { Differences } from "./differences";
import { Rendered } from "./rich";

/** The candidate that an earlier answer calls best; none after a tie. */
export function winnerOf(
  from: string | undefined,
  answer: Answer,
  candidates: readonly Candidate[],
): Candidate | undefined {
  const value = from === undefined ? undefined : answer[from];
  const best = Array.isArray(value) ? value[0] : (value as Preference | undefined)?.better;
  const name = Array.isArray(best) ? (best.length === 1 ? best[0] : undefined) : best;
  const complete = !Array.isArray(value) || value.flat().length === candidates.length;
  return complete ? candidates.find((candidate) => candidate.name === name) : undefined;
}

function Written(part: PartProps<TextQuestion>) {
  const { question, task, answer, value, onChange, disabled, error } = part;
  const [view, setView] = useState<"" | "preview" | "changes">("");
  const text = typeof value === "string" ? value : "";
  const candidates = task.candidates ?? [];
  const winner = winnerOf(question.starts_from, answer, candidates);
  const untouched = value === undefined || candidates.some(({ content }) => content === value);
  const filled = useRef<string | undefined>(undefined);

  // The winner's text is there to be rewritten; what somebody has written is never replaced.
  useEffect(() => {
    if (winner === undefined || disabled || filled.current === winner.name) return;
    if (untouched && value !== winner.content) onChange(winner.content);
    if (untouched) filled.current = winner.name;
  }, [winner?.name, disabled]);

  const max = question.max_length ?? 20_000;
  const length = codePoints(text);
  const toggle = (other: "preview" | "changes") => setView(view === other ? "" : other);
  const countId = idOf(part, "count");
  return (
    <Asked part={part}>
      <div class={`written${view ? " written-both" : ""}`}>
        <textarea
          class="written-text"
          autocomplete="off"
          aria-label={question.text}
          aria-required={question.required !== false}
          aria-invalid={error ? "true" : undefined}
          aria-describedby={[error && idOf(part, "error"), countId].filter(Boolean).join(" ")}
          rows={question.lines ?? 3}
          dir="auto"
          spellcheck
          // A text field shows every line end as a line feed; compare in its terms.
          value={text.replace(/\r\n?/g, "\n")}
          onInput={({ currentTarget }) =>
            onChange(currentTarget.value === "" ? undefined : currentTarget.value)
          }
        />
        {view === "preview" && (
          <section class="written-view" aria-label={t("Preview")}>
            <Rendered text={text} />
          </section>
        )}
        {view === "changes" && winner && (
          <section class="written-view" aria-label={t("Changes from {name}", { name: winner.name })}>
            <Differences before={winner.content} after={text} />
          </section>
        )}
      </div>
      <div class="written-tools">
        {question.markdown && (
          <button
            type="button"
            class="toggle"
            aria-pressed={view === "preview"}
            onClick={() => toggle("preview")}
          >
            {t("Preview")}
          </button>
        )}
        {winner && (
          <button
            type="button"
            class="toggle"
            aria-pressed={view === "changes"}
            onClick={() => toggle("changes")}
          >
            {t("Changes from {name}", { name: winner.name })}
          </button>
        )}
        {winner && !disabled && text !== winner.content && (
          <button type="button" class="toggle" onClick={() => onChange(winner.content)}>
            {t("Start again from {name}", { name: winner.name })}
          </button>
        )}
        <span class={`count${length > max ? " count-over" : ""}`} id={countId}>
          {counted(length, question.min_length ?? 0, max)}
        </span>
      </div>
    </Asked>
  );
}

/** How much is written, and the bound that matters now. */
function counted(length: number, min: number, max: number): string {
  if (length < min) return t("{length} of at least {min} characters", { length, min });
  if (length > max * 0.8) return t("{length} of {max} characters", { length, max });
  return t("{length} characters", { length });
}

export const written: PartEntry<TextQuestion> = { Part: Written };
