/** A conversation: messages in order, each with its own controls; those off the screen are not laid out. */
import { Component, type ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Message } from "../core/types";
import { t, type Word, word } from "../core/words";
import { Rich } from "./rich";

/** What stands under message `n`, and what it depends on: unequal stamps draw the message again. */
export type PerMessage = {
  stamp(n: number): unknown[];
  controls(n: number): ComponentChildren;
};

const ROLES: Record<Message["role"], Word> = {
  user: word("User"),
  assistant: word("Assistant"),
  system: word("System"),
  tool: word("Tool"),
};

export function messageName(role: Message["role"], n: number): string {
  return t("{role}, message {n}", { role: t(ROLES[role]), n: n + 1 });
}

/** More than a screen holds; the others follow by turns, between which keys are answered. */
const FIRST_MESSAGES = 24;
const NEXT_MESSAGES = 12;

export function Chat({
  field,
  messages,
  perMessage,
}: {
  field: string;
  messages: readonly Message[];
  perMessage?: PerMessage | undefined;
}) {
  const [built, setBuilt] = useState(FIRST_MESSAGES);
  const more = built < messages.length;
  useEffect(() => {
    if (!more) return undefined;
    const timer = setTimeout(() => setBuilt(built + NEXT_MESSAGES));
    return () => clearTimeout(timer);
  }, [built, more]);
  return (
    <ol class={`chat${messages.length > 30 ? " chat-long" : ""}`} role="list" aria-busy={more}>
      {messages.slice(0, built).map((message, n) => (
        <MessageView
          key={`${field}-${n}`}
          message={message}
          n={n}
          stamp={perMessage?.stamp(n) ?? []}
          controls={perMessage?.controls}
        />
      ))}
    </ol>
  );
}

type MessageProps = {
  message: Message;
  n: number;
  stamp: unknown[];
  controls: PerMessage["controls"] | undefined;
};

class MessageView extends Component<MessageProps> {
  override shouldComponentUpdate(next: Readonly<MessageProps>): boolean {
    const { message, stamp } = this.props;
    return (
      message !== next.message ||
      stamp.length !== next.stamp.length ||
      stamp.some((part, n) => part !== next.stamp[n])
    );
  }

  override render({ message, n, controls }: MessageProps) {
    const name = messageName(message.role, n);
    const rich = message.role === "assistant" || message.role === "user";
    return (
      <li class="message" data-role={message.role} data-message={n} aria-label={name}>
        <Rich
          text={message.content}
          as={rich ? "markdown" : "text"}
          name={name}
          heading={
            <p class="message-name" aria-hidden="true">
              {t(ROLES[message.role])} <span class="message-number">{n + 1}</span>
            </p>
          }
        />
        {controls?.(n)}
      </li>
    );
  }
}
