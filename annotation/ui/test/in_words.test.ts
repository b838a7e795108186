import { describe, expect, it } from "vitest";
import { inWords } from "../src/core/in_words";
import type { Answer, Question, Schema } from "../src/core/types";

const OPTIONS = [
  { id: "per", text: "Person" },
  { id: "loc", text: "Place" },
];
const TREE = [{ id: "animal", text: "Animal", options: [{ id: "cat", text: "Cat" }] }];

function read(
  question: Partial<Question> & Pick<Question, "type">,
  value: Answer[string],
): string | undefined {
  const schema = {
    version: 1,
    item: { text: "text" },
    questions: [{ id: "q", text: "What?", options: OPTIONS, ...question }],
  } as unknown as Schema;
  const [only] = inWords(schema, { q: value });
  return only?.question === "What?" ? only.said : undefined;
}

describe("an answer in words", () => {
  it.each<[string, Partial<Question> & Pick<Question, "type">, Answer[string], string]>([
    ["a choice", { type: "choice" }, "loc", "Place"],
    ["choices", { type: "choices" }, ["per", "loc"], "Person, Place"],
    ["an option that is gone", { type: "choice" }, "org", "org"],
    ["a place in a tree", { type: "taxonomy", options: TREE }, ["animal", "cat"], "Animal › Cat"],
    [
      "many places",
      { type: "taxonomy", options: TREE, many: true },
      [["animal"], ["animal", "cat"]],
      "Animal, Animal › Cat",
    ],
    [
      "spans",
      { type: "spans", of: "text" },
      [
        { start: 0, end: 3, quote: "Ada", label: "per" },
        { start: 7, end: 11, quote: "Rome", label: "loc" },
      ],
      "Person: Ada\nPlace: Rome",
    ],
    [
      "a preference",
      { type: "preference", strength: 3 },
      { better: "B", strength: 2 },
      "B is better, 2 of 3",
    ],
    ["a plain preference", { type: "preference" }, { better: "A" }, "A is better"],
    ["a tie", { type: "preference" }, { better: "tie" }, "Tie"],
    ["both bad", { type: "preference" }, { better: "both_bad" }, "Both bad"],
    ["a ranking with a tie", { type: "ranking" }, [["C"], ["A", "B"]], "C > A = B"],
    ["a rating", { type: "rating" }, 0, "0"],
    ["a text", { type: "text" }, "in two\nlines", "in two\nlines"],
    ["nothing to say", { type: "choice" }, { cannot_assess: true }, "Cannot assess"],
    [
      "messages",
      { type: "choice", per: { messages: "thread" } },
      { "0": "per", "2": { cannot_assess: true } },
      "1: Person\n3: Cannot assess",
    ],
    ["candidates", { type: "rating", per: "candidates" }, { A: 4, B: 1 }, "A: 4\nB: 1"],
  ])("%s", (_, question, value, said) => expect(read(question, value)).toBe(said));

  it("leaves out what has no answer, and keeps the order of the questions", () => {
    const schema = {
      version: 1,
      item: {},
      questions: ["a", "b", "c"].map((id) => ({ id, text: id.toUpperCase(), type: "rating" })),
    } as unknown as Schema;
    expect(inWords(schema, { c: 3, a: 1 })).toEqual([
      { question: "A", said: "1" },
      { question: "C", said: "3" },
    ]);
  });
});
