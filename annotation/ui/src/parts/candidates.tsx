/** What is compared: equal columns side by side, below each other where it is narrow. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Answer, Candidate, Preference, Schema } from "../core/types";
import { t } from "../core/words";
import { Differences } from "./differences";
import { Rich } from "./rich";

type CandidatesProps = {
  candidates: readonly Candidate[];
  as: "markdown" | "text";
  /** The ones that the answer calls better. */
  better: ReadonlySet<string>;
  controls?: ((candidate: Candidate) => ComponentChildren) | undefined;
};

export function Candidates({ candidates, as, better, controls }: CandidatesProps) {
  const [changed, setChanged] = useState<string | null>(null);
  return (
    <div class={`candidates of-${Math.min(candidates.length, 4)}`}>
      {candidates.map((candidate, n) => {
        const { name, content } = candidate;
        const base = candidates[n === 0 ? 1 : 0];
        const label = t("Response {name}", { name });
        const chosen = better.has(name);
        return (
          <section
            class={`sheet candidate${chosen ? " candidate-better" : ""}`}
            aria-label={chosen ? t("{label}, chosen as better", { label }) : label}
            data-candidate-of={name}
            key={name}
          >
            <Rich
              text={content}
              as={as}
              name={label}
              heading={
                <h2 class="field-name">
                  {label}
                  {chosen && <span class="chosen-mark"> {t("chosen")}</span>}
                </h2>
              }
              tools={
                base && (
                  <button
                    type="button"
                    class="toggle"
                    aria-pressed={changed === name}
                    onClick={() => setChanged(changed === name ? null : name)}
                  >
                    {t("Changes from {name}", { name: base.name })}
                  </button>
                )
              }
              instead={changed === name && base && <Differences before={base.content} after={content} />}
            />
            {controls?.(candidate)}
          </section>
        );
      })}
    </div>
  );
}

/** The candidates that preferences and complete rankings in `answer` put first. */
export function betterIn(schema: Schema, answer: Answer, count: number): ReadonlySet<string> {
  const better = new Set<string>();
  for (const { id, type } of schema.questions) {
    const value = answer[id];
    if (type === "preference") {
      const name = (value as Preference | undefined)?.better;
      if (name !== undefined) better.add(name);
    } else if (type === "ranking" && Array.isArray(value)) {
      const groups = value as string[][];
      if (groups.flat().length === count && groups[0]?.length === 1) better.add(groups[0][0]!);
    }
  }
  return better;
}
