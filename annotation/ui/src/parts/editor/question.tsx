/** One question in the schema editor: what all types have, then what only this type has. */
import { conditionsOf, fieldsShownAs, idFrom, type Loose, put, questions } from "../../core/written";
import { t } from "../../core/words";
import { Group, Pick, Text, Tick, Whole } from "./inputs";
import { Options, TreeOptions } from "./options";

type Props = {
  schema: Loose;
  question: Loose;
  n: number;
  onChange(question: Loose): void;
  onRename(id: string): void;
  focusOn(id: string): void;
};

export function QuestionEditor(props: Props) {
  const { schema, question, n, onChange } = props;
  const set = (key: string, value: unknown, nothing?: unknown) =>
    onChange(put(question, key, value, nothing));
  const others = questions(schema)
    .filter((_, k) => k !== n)
    .map((one) => String(one.id));
  return (
    <>
      <Text
        id={`q${n}-text`}
        label={t("Question")}
        value={String(question.text ?? "")}
        onChange={(text) => {
          const follows = question.id === idFrom(String(question.text ?? ""), others, String(question.type));
          const next = { ...question, text };
          onChange(
            follows || !question.id ? { ...next, id: idFrom(text, others, String(question.type)) } : next,
          );
        }}
      />
      <div class="ed-row">
        <Text
          label={t("Name in exports")}
          value={String(question.id ?? "")}
          mono
          onChange={(id) => props.onRename(id)}
        />
        <Text
          label={t("Help, shown on demand")}
          value={String(question.help ?? "")}
          onChange={(help) => set("help", help)}
        />
      </div>
      <div class="ed-row ed-ticks">
        <Tick
          label={t("must be answered")}
          on={question.required !== false}
          onChange={(on) => set("required", on, true)}
        />
        <Tick
          label={t("“cannot assess” is an answer")}
          on={question.cannot_assess === true}
          onChange={(on) => set("cannot_assess", on, false)}
        />
      </div>
      <OfType {...props} set={set} />
      <Condition {...props} />
    </>
  );
}

function OfType(props: Props & { set(key: string, value: unknown, nothing?: unknown): void }) {
  const { schema, question, n, set, onChange, focusOn } = props;
  const at = `q${n}-o`;
  const compared = questions(schema)
    .slice(0, n)
    .filter((one) => one.type === "preference" || one.type === "ranking")
    .map((one): [string, string] => [String(one.id), String(one.text || one.id)]);
  switch (question.type) {
    case "choice":
    case "choices":
      return (
        <>
          <Options at={at} question={question} onChange={onChange} focusOn={focusOn} />
          {question.type === "choices" && (
            <div class="ed-row">
              <Whole
                label={t("At least")}
                value={question.min}
                least={0}
                most={50}
                usual={0}
                onChange={(v) => set("min", v)}
              />
              <Whole
                label={t("At most")}
                value={question.max}
                least={1}
                most={50}
                onChange={(v) => set("max", v)}
              />
            </div>
          )}
          <PerTarget {...props} />
        </>
      );
    case "taxonomy":
      return (
        <>
          <TreeOptions question={question} onChange={onChange} />
          <div class="ed-row ed-ticks">
            <Tick
              label={t("only what has nothing under it")}
              on={question.leaf_only !== false}
              onChange={(on) => set("leaf_only", on, true)}
            />
            <Tick
              label={t("several may be picked")}
              on={question.many === true}
              onChange={(on) => set("many", on, false)}
            />
          </div>
        </>
      );
    case "spans":
      return (
        <>
          <Pick
            label={t("Marked in the field")}
            value={String(question.of ?? "")}
            options={fieldsShownAs(schema, "text").map((name) => [name, name] as const)}
            onChange={(of) => onChange({ ...question, of })}
          />
          <Options at={at} question={question} onChange={onChange} focusOn={focusOn} />
          <Tick
            label={t("spans may overlap")}
            on={question.overlap !== false}
            onChange={(on) => set("overlap", on, true)}
          />
        </>
      );
    case "preference":
      return (
        <div class="ed-row">
          <Whole
            label={t("Grades of “better”")}
            value={question.strength}
            least={1}
            most={3}
            usual={1}
            onChange={(v) => set("strength", v)}
          />
          <div class="ed-ticks ed-row">
            <Tick label={t("tie")} on={question.tie !== false} onChange={(on) => set("tie", on, true)} />
            <Tick
              label={t("both bad")}
              on={question.both_bad !== false}
              onChange={(on) => set("both_bad", on, true)}
            />
          </div>
        </div>
      );
    case "ranking":
      return (
        <Tick
          label={t("ties are allowed")}
          on={question.ties !== false}
          onChange={(on) => set("ties", on, true)}
        />
      );
    case "rating":
      return (
        <>
          <div class="ed-row">
            <Whole
              label={t("From")}
              value={question.min}
              least={0}
              most={100}
              usual={1}
              onChange={(v) => set("min", v)}
            />
            <Whole
              label={t("To")}
              value={question.max}
              least={0}
              most={110}
              usual={5}
              onChange={(v) => set("max", v)}
            />
            <Text
              label={t("The low end means")}
              value={String(question.low ?? "")}
              onChange={(v) => set("low", v)}
            />
            <Text
              label={t("The high end means")}
              value={String(question.high ?? "")}
              onChange={(v) => set("high", v)}
            />
          </div>
          <PerTarget {...props} />
        </>
      );
    case "text":
      return (
        <>
          <div class="ed-row">
            <Whole
              label={t("At least, characters")}
              value={question.min_length}
              least={0}
              most={200_000}
              usual={0}
              onChange={(v) => set("min_length", v)}
            />
            <Whole
              label={t("At most, characters")}
              value={question.max_length}
              least={1}
              most={200_000}
              usual={20_000}
              onChange={(v) => set("max_length", v)}
            />
            <Whole
              label={t("Lines shown")}
              value={question.lines}
              least={1}
              most={40}
              usual={3}
              onChange={(v) => set("lines", v)}
            />
          </div>
          <div class="ed-row">
            <Tick
              label={t("Markdown, with a preview")}
              on={question.markdown === true}
              onChange={(on) => set("markdown", on, false)}
            />
            {(compared.length > 0 || question.starts_from) && (
              <Pick
                label={t("Begins with the winner of")}
                value={String(question.starts_from ?? "")}
                options={[["", t("nothing")], ...compared]}
                onChange={(v) => set("starts_from", v)}
              />
            )}
          </div>
        </>
      );
    default:
      return <p class="wrong">{t("This type is not known here; edit it as JSON.")}</p>;
  }
}

function PerTarget({ schema, question, onChange }: Props) {
  const chats = fieldsShownAs(schema, "chat");
  if (chats.length === 0 && !schema.candidates && !question.per) return null;
  const per = question.per;
  const now = per === "candidates" ? "candidates" : per?.messages ? `chat ${per.messages}` : "";
  return (
    <Pick
      label={t("Asked")}
      value={now}
      options={[
        ["", t("once for the item")],
        ...(schema.candidates ? [["candidates", t("for each candidate")] as const] : []),
        ...chats.map((name) => [`chat ${name}`, t("for each reply in {name}", { name })] as const),
      ]}
      onChange={(value) => {
        if (value === "candidates") onChange({ ...question, per: "candidates" });
        else if (value)
          onChange({ ...question, per: { ...(per?.messages ? per : {}), messages: value.slice(5) } });
        else onChange(put(question, "per", undefined));
      }}
    />
  );
}

function Condition({ schema, question, n, onChange }: Props) {
  const earlier = questions(schema)
    .slice(0, n)
    .filter((one) => conditionsOf(one).length > 0);
  if (earlier.length === 0 && !question.when) return null;
  const before = earlier.find((one) => one.id === question.when?.question);
  const chosen: (string | number)[] = Array.isArray(question.when?.is) ? question.when.is : [];
  return (
    <Group name={t("When it is asked")}>
      <Pick
        label={t("Depends on")}
        value={String(question.when?.question ?? "")}
        options={[
          ["", t("nothing: always asked")],
          ...earlier.map((one) => [String(one.id), String(one.text || one.id)] as const),
        ]}
        onChange={(id) => {
          const other = earlier.find((one) => one.id === id);
          const first = other && conditionsOf(other)[0];
          onChange(put(question, "when", first ? { question: id, is: [first[0]] } : undefined));
        }}
      />
      {before && (
        <div class="ed-row ed-ticks" role="group" aria-label={t("and the answer is one of")}>
          {conditionsOf(before).map(([value, words]) => (
            <Tick
              key={value}
              label={words}
              on={chosen.includes(value)}
              onChange={(on) => {
                const is = conditionsOf(before)
                  .map(([one]) => one)
                  .filter((one) => (one === value ? on : chosen.includes(one)));
                onChange({ ...question, when: { question: before.id, is } });
              }}
            />
          ))}
        </div>
      )}
      {before && chosen.length === 0 && <p class="wrong">{t("Tick at least one answer.")}</p>}
    </Group>
  );
}
