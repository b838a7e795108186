/** The item in the document: each field as the schema shows it. Further ways of showing are one entry in `SHOWN`. */
import type { ComponentType } from "preact";
import { messagesOf } from "../core/targets";
import type { Json, Message, ShownAs } from "../core/types";
import { t } from "../core/words";
import { Chat, type PerMessage } from "./chat";
import { Exact, Rich } from "./rich";

export type FieldProps = { name: string; value: Json; perMessage?: PerMessage | undefined };

/** A field's name for people: `system_prompt` is “System prompt”. */
export function fieldName(name: string): string {
  const words = name.replace(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function Heading({ name }: { name: string }) {
  return <h2 class="field-name">{fieldName(name)}</h2>;
}

function asText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Plain, exact: white space stays, nothing is interpreted. */
function PlainField({ name, value }: FieldProps) {
  return <Rich text={asText(value)} as="text" name={fieldName(name)} heading={<Heading name={name} />} />;
}

function MarkdownField({ name, value }: FieldProps) {
  if (typeof value !== "string") return <PlainField name={name} value={value} />;
  return <Rich text={value} as="markdown" name={fieldName(name)} heading={<Heading name={name} />} />;
}

function ChatField({ name, value, perMessage }: FieldProps) {
  const messages: Message[] | null = messagesOf(value);
  if (messages === null) {
    return (
      <>
        <Heading name={name} />
        <p class="wrong">{t("This is not a conversation. It is shown as it is.")}</p>
        <Exact text={asText(value)} />
      </>
    );
  }
  return (
    <>
      <Heading name={name} />
      <Chat field={name} messages={messages} perMessage={perMessage} />
    </>
  );
}

const SHOWN: Record<ShownAs, ComponentType<FieldProps>> = {
  text: PlainField,
  markdown: MarkdownField,
  chat: ChatField,
};

export function FieldView({ shown, ...props }: FieldProps & { shown: ShownAs }) {
  const View = SHOWN[shown] ?? PlainField;
  return (
    <section class="sheet field" aria-label={fieldName(props.name)} data-field={props.name}>
      {props.value === null || props.value === undefined ? (
        <>
          <Heading name={props.name} />
          <p class="wrong">{t("This item has no such field.")}</p>
        </>
      ) : (
        <View {...props} />
      )}
    </section>
  );
}
