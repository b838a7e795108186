/** The practice project: five short tasks of our own, one of each kind. Nothing of it leaves the browser. */
import type { Candidate, Json, Schema } from "../../core/types";
import { t } from "../../core/words";

export type Lesson = {
  schema: Schema;
  item: { [field: string]: Json };
  candidates: Candidate[] | null;
  /** Said when the task is shown: what to try. */
  hint: string;
};

export function lessons(): Lesson[] {
  return [choiceLesson(), spansLesson(), preferenceLesson(), writtenLesson(), chatLesson()];
}

function choiceLesson(): Lesson {
  return {
    schema: {
      version: 1,
      item: { review: "text" },
      questions: [
        {
          id: "tone",
          type: "choice",
          text: t("How does the writer feel about the lamp?"),
          options: [
            { id: "pleased", text: t("Pleased"), key: "1" },
            { id: "mixed", text: t("Mixed"), key: "2" },
            { id: "unhappy", text: t("Unhappy"), key: "3" },
          ],
        },
      ],
    },
    item: {
      review: t(
        "The lamp came two days late, but it is brighter than I hoped and the arm stays where I put it. I read under it every evening now.",
      ),
    },
    candidates: null,
    hint: t("Press the key printed on an answer, then Enter. Made a slip? Press U."),
  };
}

function spansLesson(): Lesson {
  return {
    schema: {
      version: 1,
      item: { note: "text" },
      questions: [
        {
          id: "names",
          type: "spans",
          text: t("Mark every person and every place"),
          of: "note",
          options: [
            { id: "person", text: t("Person"), key: "1" },
            { id: "place", text: t("Place"), key: "2" },
          ],
        },
      ],
    },
    item: {
      note: t(
        "Ada took the night train from Lisbon. Tomás met her in Porto, where Dr. Okafor had saved two seats.",
      ),
    },
    candidates: null,
    hint: t("Select words with the mouse, or with the arrow keys and Shift; then press a label's key."),
  };
}

function preferenceLesson(): Lesson {
  return {
    schema: {
      version: 1,
      item: { prompt: "markdown" },
      candidates: { of: ["one", "two"], as: "markdown" },
      questions: [
        {
          id: "better",
          type: "preference",
          text: t("Which answer helps more?"),
          strength: 2,
          both_bad: true,
        },
      ],
    },
    item: { prompt: t("How do I keep basil alive on a windowsill?") },
    candidates: [
      {
        name: "A",
        content: t(
          "Basil is a herb from the mint family. Many people like its smell. You can buy it in shops.",
        ),
      },
      {
        name: "B",
        content: t(
          "1. Give it **six hours of sun**.\n2. Water when the top of the soil is dry, from below.\n3. Pinch off the tips every week, so that it grows bushy.",
        ),
      },
    ],
    hint: t("Which side an answer stands on is random. Say how sure you are with the keys along the scale."),
  };
}

function writtenLesson(): Lesson {
  return {
    schema: {
      version: 1,
      item: { question: "markdown" },
      questions: [
        {
          id: "reply",
          type: "text",
          text: t("Write a short, friendly answer"),
          help: t("Two or three sentences. Say what to do first."),
          min_length: 20,
          lines: 4,
        },
      ],
    },
    item: { question: t("My bicycle squeaks when it rains. What should I do?") },
    candidates: null,
    hint: t("In a text field keys only write. Ctrl+Enter submits from there; Escape leaves it."),
  };
}

function chatLesson(): Lesson {
  return {
    schema: {
      version: 1,
      item: { conversation: "chat" },
      questions: [
        {
          id: "helpful",
          type: "rating",
          text: t("How helpful is this reply?"),
          min: 1,
          max: 5,
          low: t("not at all"),
          high: t("very"),
          per: { messages: "conversation" },
        },
        {
          id: "solved",
          type: "choice",
          text: t("Was the question answered in the end?"),
          options: [
            { id: "yes", text: t("Yes") },
            { id: "no", text: t("No") },
          ],
        },
      ],
    },
    item: {
      conversation: [
        { role: "user", content: t("What is the quickest way to peel a lot of garlic?") },
        { role: "assistant", content: t("Garlic has been grown for more than 5,000 years.") },
        { role: "user", content: t("Nice, but how do I peel it?") },
        {
          role: "assistant",
          content: t("Put the cloves in a jar, close it, and shake hard for 20 seconds. The skins fall off."),
        },
      ],
    },
    candidates: null,
    hint: t("Some questions are asked once for each reply. The one that has the keys shows them."),
  };
}

export function guidelines(): string {
  return t(
    "# Practice\n\nFive short tasks, one of each kind. Nothing here is sent or counted.\n\n- Answers have **keys**; they are printed on the buttons.\n- There is no save button: everything you do is kept.\n- **Undo** takes back anything, also an answer that was sent.\n- Not sure? **Skip** with a reason, or **flag** the item and ask.\n\nPress `?` for all keys.",
  );
}
