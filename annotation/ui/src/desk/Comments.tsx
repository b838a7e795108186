/** Questions and flags on the shown item, and what the managers answered. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../core/words";
import { useDesk } from "./context";
import type { Comment } from "./info";

export function Comments() {
  const { work } = useDesk();
  const task = work.shown.value?.task.id;
  const [comments, setComments] = useState<Comment[] | null>(null);
  const [failed, setFailed] = useState(false);
  const load = () => {
    if (!task) return;
    void work.api.get<{ comments: Comment[] }>(`tasks/${task}/comments`).then((reply) => {
      setFailed(!reply.ok);
      if (reply.ok) setComments(reply.value.comments);
    });
  };
  useEffect(load, [task]);
  if (!task) return <p class="muted">{t("Comments belong to an item; there is none on the screen.")}</p>;
  return (
    <div class="ws-stack">
      {failed && (
        <p class="muted">{t("Comments could not be fetched. They come when the server answers.")}</p>
      )}
      {comments?.length === 0 && <p class="muted">{t("Nobody has said anything about this item yet.")}</p>}
      {comments?.map((comment) => (
        <article class="ws-comment" key={comment.id}>
          <p class="muted">
            {kindOf(comment)}
            {comment.by && ` · ${comment.by}`}
            {comment.closed && ` · ${t("closed")}`}
            {comment.upheld && ` · ${t("upheld: your answer counts again, as you gave it")}`}
          </p>
          <p dir="auto">{comment.text}</p>
          {comment.answers.map((answer) => (
            <p class="ws-reply" dir="auto" key={answer.at}>
              <span class="muted">{answer.by}: </span>
              {answer.text}
            </p>
          ))}
        </article>
      ))}
      {mayDispute(comments ?? []) && (
        <CommentForm kind="dispute" label={t("Dispute that your answer was returned (once)")} done={load} />
      )}
      <CommentForm kind="question" label={t("Ask about this item")} done={load} />
    </div>
  );
}

function kindOf({ kind }: Comment): string {
  if (kind === "return") return t("Returned answer");
  if (kind === "dispute") return t("Dispute");
  return kind === "flag" ? t("Flag") : t("Question");
}

/** Each return can be disputed once. */
function mayDispute(comments: readonly Comment[]): boolean {
  const disputed = comments.filter((each) => each.kind === "dispute").map((each) => each.submission);
  return comments.some((each) => each.kind === "return" && !disputed.includes(each.submission));
}

type FormProps = {
  kind: "question" | "flag" | "dispute";
  label: string;
  done(): void;
  /** In a dialog: the form ends with its two buttons. */
  onClose?: () => void;
};

/** What is written here goes to the project's managers at once; it stays in the form until it is there. */
export function CommentForm({ kind, label, done, onClose }: FormProps) {
  const { work } = useDesk();
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const send = async (event: Event) => {
    event.preventDefault();
    const task = work.shown.peek()?.task.id;
    if (!task || !text.trim()) return;
    const reply = await work.api.post(`tasks/${task}/comments`, { kind, text });
    if (reply.ok) {
      setText("");
      setWrong("");
      work.say(kind === "flag" ? t("Flagged. The managers see it.") : t("Sent to the managers."), false);
      done();
    } else if (!work.meet(reply.problem)) {
      setWrong(reply.problem.message || t("It was not sent. Your words are still here; try again."));
    }
  };
  return (
    <form class="ws-stack" onSubmit={(event) => void send(event)}>
      <label class="field">
        <span class="label">{label}</span>
        <textarea
          autocomplete="off"
          rows={3}
          maxLength={5000}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      {wrong && (
        <p class="ws-error" role="alert">
          {wrong}
        </p>
      )}
      <div class={onClose && "ws-dialog-end"}>
        {onClose && (
          <button class="button" type="button" onClick={onClose}>
            {t("Close")}
          </button>
        )}
        <button
          class={onClose ? "button button-primary" : "button button-small"}
          type="submit"
          aria-disabled={!text.trim()}
        >
          {t("Send")}
        </button>
      </div>
    </form>
  );
}
