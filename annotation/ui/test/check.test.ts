import { describe, expect, it } from "vitest";
import { faultsOf, isOpen } from "../src/core/check";
import { asked, onlyAsked } from "../src/core/conditions";
import { keyedQuestion, keysOf } from "../src/core/keyed";
import { sampleTask } from "../src/core/sample";
import type { Answer, Question, Schema } from "../src/core/types";
// As text: a lone surrogate, as an escape, is more than the bundler's reader of JSON bears.
import vectors from "./vectors/answers.json?raw";

type Group = {
  name: string;
  schema: Schema;
  item: object;
  answers: { answer: Answer; fault: string | null }[];
};
const { groups } = JSON.parse(vectors) as { groups: Group[] };

describe.each(groups)("$name", ({ schema, item, answers }) => {
  const task = sampleTask(schema, JSON.stringify(item));

  it.each(answers)("$answer", ({ answer, fault }) => {
    expect(faultsOf(schema, task, answer)[0]?.field ?? null).toBe(fault);
  });
});

const choice = (id: string, more: object = {}): Question => ({
  id,
  type: "choice",
  text: id,
  options: [
    { id: "yes", text: "Yes" },
    { id: "no", text: "No" },
  ],
  ...more,
});
const schema: Schema = {
  version: 1,
  item: { text: "text" },
  questions: [choice("a"), choice("b", { when: { question: "a", is: ["yes"] } }), choice("c")],
};
const task = sampleTask(schema, '{"text": "x"}');

describe("what is asked", () => {
  it("keeps what was answered before a condition changed, and does not send it", () => {
    const answer: Answer = { a: "no", b: "yes", c: "no" };
    expect(asked(schema, answer).map(({ id }) => id)).toEqual(["a", "c"]);
    expect(onlyAsked(schema, answer)).toEqual({ a: "no", c: "no" });
    expect(onlyAsked(schema, { ...answer, a: "yes" })).toEqual({ ...answer, a: "yes" });
  });
});

describe("the question with the keys", () => {
  const takers = schema.questions.map((question) => ({ question, keeps: question.id === "c" }));

  it.each([
    ["the first open one", {}, null, "a"],
    ["the next open one", { a: "yes" }, null, "b"],
    ["an open one in focus", {}, "b", "b"],
    ["the next open one, from a focus that is answered", { a: "yes" }, "a", "b"],
    ["one in focus that takes several keys", { c: "no" }, "c", "c"],
    ["the last when all is answered", { a: "no", b: "no", c: "no" }, null, "c"],
    ["the one in focus when all is answered", { a: "no", b: "no", c: "no" }, "a", "a"],
  ])("is %s", (_, answer, focused, expected) => {
    expect(keyedQuestion(takers, task, answer as Answer, focused)).toBe(expected);
  });

  it("is open until it is complete", () => {
    expect(isOpen(choice("a"), task, undefined)).toBe(true);
    expect(isOpen(choice("a", { required: false }), task, undefined)).toBe(true);
    expect(isOpen(choice("a"), task, "yes")).toBe(false);
  });
});

describe("keys of options", () => {
  it("are their own, then digits and letters that are free", () => {
    const options = [
      { id: "a", text: "A" },
      { id: "b", text: "B", key: "1" },
      { id: "c", text: "C" },
    ];
    expect(keysOf(options)).toEqual(["2", "1", "3"]);
    const many = Array.from({ length: 14 }, (_, n) => ({ id: String(n), text: "x" }));
    expect(keysOf(many).join("")).toBe("1234567890abcd");
  });
});
