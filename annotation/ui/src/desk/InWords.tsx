/** An answer, read rather than edited; without its questions at hand it stands as it is sent. */
import { inWords } from "../core/in_words";
import type { Answer, Schema } from "../core/types";
import { t } from "../core/words";

type Props = { answer: Answer; schema: Schema | null; label: string };

export function InWords({ answer, schema, label }: Props) {
  const said = schema && inWords(schema, answer);
  return (
    <div class="ws-words" tabIndex={0} role="group" aria-label={label}>
      {!said && <pre>{JSON.stringify(answer, null, 1)}</pre>}
      {said?.length === 0 && <p class="muted">{t("Nothing is answered.")}</p>}
      {said && said.length > 0 && (
        <dl>
          {said.map(({ question, said: words }) => (
            <div key={question}>
              <dt>{question}</dt>
              <dd dir="auto">{words}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
