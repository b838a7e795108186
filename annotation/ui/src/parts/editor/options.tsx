/** Options in the schema editor: rows with text, name in exports and key; nested ones as indented lines. */
import { useEffect, useState } from "preact/hooks";
import { idFrom, linesToTree, type Loose, moved, options, treeToLines } from "../../core/written";
import { t } from "../../core/words";
import { Group, RowButtons, Text } from "./inputs";

export function Options(props: {
  at: string;
  question: Loose;
  onChange(question: Loose): void;
  focusOn(id: string): void;
}) {
  const { at, question, onChange, focusOn } = props;
  const all = options(question);
  const set = (next: Loose[]) => onChange({ ...question, options: next });
  return (
    <Group name={question.type === "spans" ? t("Labels") : t("Options")}>
      <ol class="ed-options">
        {all.map((option, n) => {
          const others = all.filter((_, k) => k !== n).map((one) => String(one.id));
          const change = (key: string, value: string) => {
            const next: Loose = { ...option, [key]: value };
            if (key === "key" && !value) delete next.key;
            const follows = !option.id || option.id === idFrom(String(option.text ?? ""), others, "option");
            if (key === "text" && follows) next.id = idFrom(value, others, "option");
            set(all.map((one, k) => (k === n ? next : one)));
          };
          return (
            <li key={n} class="ed-option">
              <Text
                id={`${at}${n}-text`}
                label={t("Text")}
                value={String(option.text ?? "")}
                onChange={(v) => change("text", v)}
              />
              <Text
                label={t("Name in exports")}
                mono
                value={String(option.id ?? "")}
                onChange={(v) => change("id", v)}
              />
              <div class="ed-key">
                <Text
                  label={t("Key")}
                  mono
                  value={String(option.key ?? "")}
                  onChange={(v) => change("key", v.trim().slice(-1).toLowerCase())}
                />
              </div>
              <RowButtons
                at={`${at}${n}`}
                n={n}
                all={all.length}
                of={t("option {n}", { n: n + 1 })}
                onMove={(by) => {
                  set(moved(all, n, by));
                  focusOn(`${at}${n + by}-${by < 0 ? "up" : "down"}`);
                }}
                onRemove={() => {
                  set(all.filter((_, k) => k !== n));
                  focusOn(n < all.length - 1 ? `${at}${n}-remove` : `${at}-add`);
                }}
              />
            </li>
          );
        })}
      </ol>
      <div>
        <button
          type="button"
          class="button button-small"
          id={`${at}-add`}
          onClick={() => {
            set([
              ...all,
              {
                id: idFrom(
                  "",
                  all.map((one) => String(one.id)),
                  "option",
                ),
                text: "",
              },
            ]);
            focusOn(`${at}${all.length}-text`);
          }}
        >
          {question.type === "spans" ? t("Add a label") : t("Add an option")}
        </button>
      </div>
    </Group>
  );
}

export function TreeOptions({ question, onChange }: { question: Loose; onChange(question: Loose): void }) {
  const written = treeToLines(options(question));
  const [lines, setLines] = useState(written);
  // Somebody else changed the options (JSON, undo): what stands here follows, but not while it says the same.
  useEffect(() => {
    if (treeToLines(linesToTree(lines)) !== written) setLines(written);
  }, [written]);
  return (
    <Group name={t("Options, one a line; two spaces put one inside the one above")}>
      <Text
        label={t("Options")}
        lines={10}
        mono
        value={lines}
        onChange={(next) => {
          setLines(next);
          onChange({ ...question, options: linesToTree(next) });
        }}
      />
    </Group>
  );
}
