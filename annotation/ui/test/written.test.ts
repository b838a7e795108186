import { describe, expect, it } from "vitest";
import {
  conditionsOf,
  fields,
  fieldsShownAs,
  format,
  idFrom,
  linesToTree,
  lineOf,
  type Loose,
  moved,
  newQuestion,
  options,
  parse,
  put,
  questions,
  renameQuestion,
  treeToLines,
} from "../src/core/written";

describe("the text of a schema", () => {
  it("is an object, or says where it breaks", () => {
    expect(parse('{"version": 1}')).toEqual({ schema: { version: 1 } });
    expect(parse("[]")).toEqual({ wrong: "{}", line: 1 });
    expect(parse("null")).toEqual({ wrong: "{}", line: 1 });
    const broken = parse('{\n  "version": 1,\n  "item": oops\n}');
    expect(broken).toMatchObject({ line: 3 });
    expect(parse('{"a": 1,\n"b": 2,,\n"c": [1, 2, 3, 4, 5, 6, 7]}')).toMatchObject({ line: 2 });
    expect(parse("{\n\nno\n}")).toMatchObject({ line: 3 });
  });

  it("counts lines by what an engine tells: a line, a place, or nothing", () => {
    expect(lineOf("a\nb\nc", "at line 2 column 1")).toBe(2);
    expect(lineOf("a\nb\nc", "at position 4")).toBe(3);
    expect(lineOf("a\nb\nc", "unexpected end")).toBe(3);
  });

  it("is written so that it is read back as it was", () => {
    const schema = { version: 1, item: { text: "text" }, questions: [] };
    expect(parse(format(schema))).toEqual({ schema });
  });
});

describe("an id made of words", () => {
  it("has letters, digits and hyphens only, and is no longer than exports bear", () => {
    expect(idFrom("How does Émile's café sound?", [], "x")).toBe("how-does-e-mile-s-cafe-sound");
    expect(idFrom("  --Yes!--  ", [], "x")).toBe("yes");
    const long = idFrom(`${"a".repeat(31)} bcd`, [], "x");
    expect(long).toBe("a".repeat(31));
  });

  it("is another one when it is taken, and the fallback when nothing is left of the words", () => {
    expect(idFrom("Yes", ["yes", "yes-2"], "x")).toBe("yes-3");
    expect(idFrom("是", [], "option")).toBe("option");
    expect(idFrom("是", ["option"], "option")).toBe("option-2");
  });
});

describe("what may be missing or odd", () => {
  it.each([{}, { questions: 3 }, { questions: [null, 1, "x"] }, { item: null }, { item: "x" }])(
    "is nothing rather than an error: %j",
    (schema: Loose) => {
      expect(questions(schema)).toEqual([]);
      expect(fields(schema)).toEqual([]);
    },
  );

  it("leaves what is sound beside it", () => {
    expect(questions({ questions: [null, { id: "a" }] })).toEqual([{ id: "a" }]);
    expect(options({ options: [{ id: "x" }, 2] })).toEqual([{ id: "x" }]);
    expect(fieldsShownAs({ item: { a: "text", b: "chat", c: "text" } }, "text")).toEqual(["a", "c"]);
  });
});

describe("a new question", () => {
  const schema = { item: { prompt: "markdown", body: "text" }, questions: [{ id: "choice" }] };

  it("has an id of its own and what its type needs", () => {
    expect(newQuestion("choice", schema)).toMatchObject({ id: "choice-2", type: "choice" });
    expect(options(newQuestion("taxonomy", schema))).toHaveLength(2);
    expect(newQuestion("spans", schema)).toMatchObject({ of: "body" });
    expect(newQuestion("spans", {})).toMatchObject({ of: "" });
    expect(newQuestion("rating", schema)).toEqual({ id: "rating", type: "rating", text: "" });
  });

  it("shares its options with no other", () => {
    const [one, other] = [newQuestion("choice", {}), newQuestion("choice", {})];
    options(one)[0]!.text = "Changed";
    expect(options(other)[0]!.text).toBe("Yes");
  });
});

describe("an order", () => {
  it("changes by one place, and not over its ends", () => {
    expect(moved(["a", "b", "c"], 1, -1)).toEqual(["b", "a", "c"]);
    expect(moved(["a", "b", "c"], 2, 1)).toEqual(["a", "b", "c"]);
    const all = ["a", "b"];
    expect(moved(all, 0, -1)).not.toBe(all);
  });
});

describe("what a question can wait for", () => {
  it("is an option, wherever it stands in a tree", () => {
    const tree = [{ id: "a", text: "A", options: [{ id: "b" }] }];
    expect(conditionsOf({ type: "choice", options: [{ id: "x", text: "X" }] })).toEqual([["x", "X"]]);
    expect(conditionsOf({ type: "taxonomy", options: tree })).toEqual([
      ["a", "A"],
      ["b", "b"],
    ]);
  });

  it("is a verdict that the preference allows", () => {
    const values = (question: Loose) => conditionsOf(question).map(([value]) => value);
    expect(values({ type: "preference" })).toEqual(["candidate", "tie", "both_bad"]);
    expect(values({ type: "preference", tie: false, both_bad: false })).toEqual(["candidate"]);
  });

  it("is a number of a scale that can be one, as a number", () => {
    expect(conditionsOf({ type: "rating", min: 0, max: 2 }).map(([value]) => value)).toEqual([0, 1, 2]);
    expect(conditionsOf({ type: "rating", min: "x" })).toHaveLength(5);
    expect(conditionsOf({ type: "rating", min: 5, max: 1 })).toEqual([]);
    expect(conditionsOf({ type: "rating", min: 0, max: 1e9 })).toEqual([]);
  });

  it("is nothing of a ranking, a text or a type that nobody knows", () => {
    for (const type of ["ranking", "text", "other", undefined]) expect(conditionsOf({ type })).toEqual([]);
  });
});

describe("nested options as lines", () => {
  const tree = [
    { id: "animal", text: "Animal", options: [{ id: "d", text: "Dog" }] },
    { id: "plant", text: "Plant" },
  ];

  it("are two spaces deeper inside, with an id where the text does not make it", () => {
    expect(treeToLines(tree)).toBe("Animal\n  d: Dog\nPlant\n");
  });

  it("lead back to the same tree", () => {
    expect(linesToTree(treeToLines(tree))).toEqual(tree);
  });

  it("make ids that are not taken, and bear odd depths and empty lines", () => {
    expect(linesToTree("Dog\n\n      Dog\n  Dog\na: One\na: Two\n")).toEqual([
      {
        id: "dog",
        text: "Dog",
        options: [
          { id: "dog-2", text: "Dog" },
          { id: "dog-3", text: "Dog" },
        ],
      },
      { id: "a", text: "One" },
      { id: "two", text: "Two" },
    ]);
    expect(linesToTree("")).toEqual([]);
  });
});

describe("a change of one key", () => {
  it("is written, or taken away where it says nothing", () => {
    const body = { a: 1 };
    expect(put(body, "b", 2)).toEqual({ a: 1, b: 2 });
    expect(put({ a: 1, b: 2 }, "b", 5, 5)).toEqual({ a: 1 });
    expect(put({ a: 1 }, "a", "")).toEqual({});
    expect(put({ a: 1 }, "a", undefined)).toEqual({});
    expect(body).toEqual({ a: 1 });
  });
});

describe("a question's new id", () => {
  it("is told wherever the question is named", () => {
    const schema = {
      version: 1,
      questions: [
        { id: "a" },
        { id: "b", when: { question: "a", is: ["x"] } },
        { id: "c", starts_from: "a", when: { question: "b", is: [1] } },
      ],
    };
    expect(renameQuestion(schema, 0, "first")).toEqual({
      version: 1,
      questions: [
        { id: "first" },
        { id: "b", when: { question: "first", is: ["x"] } },
        { id: "c", starts_from: "first", when: { question: "b", is: [1] } },
      ],
    });
    expect(schema.questions[1]).toEqual({ id: "b", when: { question: "a", is: ["x"] } });
  });
});
