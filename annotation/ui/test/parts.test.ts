import { describe, expect, it } from "vitest";
import { readSchema, sampleTask } from "../src/core/sample";
import { below, keyOf, pathsOf, rowsOf, textsOf } from "../src/core/tree";
import type { Answer, PreferenceQuestion, Schema } from "../src/core/types";
import { betterIn } from "../src/parts/candidates";
import { fieldName } from "../src/parts/fields";
import { stepsOf } from "../src/parts/preference";
import { barQuestion } from "../src/parts/questions";
import { inserted, without } from "../src/parts/ladder";
import { dropped, groupsOf, ranked, ranksOf } from "../src/parts/ranking";
import { keysOfScale } from "../src/parts/rating";
import { withTarget } from "../src/parts/targets";
import { winnerOf } from "../src/parts/written";

const CANDIDATES = ["A", "B", "C"].map((name) => ({ name, content: `text ${name}` }));
const PAIR = CANDIDATES.slice(0, 2);

describe("a preference", () => {
  const question: PreferenceQuestion = { id: "p", type: "preference", text: "P", strength: 3 };

  it("is a scale from the first to the second, with both bad apart", () => {
    expect(stepsOf(question, PAIR).map(({ text }) => text)).toEqual([
      "A much",
      "A",
      "A slightly",
      "Tie",
      "B slightly",
      "B",
      "B much",
      "Both bad",
    ]);
    expect(stepsOf(question, PAIR)[1]?.value).toEqual({ better: "A", strength: 2 });
    expect(stepsOf(question, PAIR).map(({ wide, text }) => wide ?? text)).toEqual([
      "A much better",
      "A better",
      "A slightly better",
      "Tie",
      "B slightly better",
      "B better",
      "B much better",
      "Both bad",
    ]);
  });

  it("has only the steps that its schema allows, and tells no strength where there is one", () => {
    const plain = stepsOf({ ...question, strength: 1, tie: false, both_bad: false }, PAIR);
    expect(plain.map(({ value }) => value)).toEqual([{ better: "A" }, { better: "B" }]);
    expect(stepsOf(question, [])).toEqual([]);
  });
});

describe("a ranking", () => {
  const names = ["A", "B", "C"];

  it("keeps its gaps until it is complete", () => {
    const one = groupsOf({ B: 1 }, names);
    expect(one).toEqual([[], ["B"]]);
    expect(ranksOf(one)).toEqual({ B: 1 });
    expect(groupsOf({ A: 2, B: 0, C: 2 }, names)).toEqual([["B"], ["A", "C"]]);
    expect(groupsOf({}, names)).toBeUndefined();
  });

  it("lets two change places where there are no ties", () => {
    expect(ranked({ A: 0, B: 1, C: 2 }, "C", 0, false)).toEqual({ A: 2, B: 1, C: 0 });
    expect(ranked({ A: 0 }, "B", 0, false)).toEqual({ B: 0 });
    expect(ranked({ A: 0 }, "B", 0, true)).toEqual({ A: 0, B: 0 });
  });
});

describe("a response that is dragged", () => {
  const names = ["A", "B", "C"];
  const drop = (ranks: Record<string, number>, name: string, place: string | null, ties = true) =>
    groupsOf(dropped(ranks, name, place, names, ties), names);

  it("takes the place that it is let go over, with whoever is there or in exchange", () => {
    expect(drop({ A: 0, B: 1, C: 2 }, "C", "at 0")).toEqual([["A", "C"], ["B"]]);
    expect(drop({ A: 0, B: 1, C: 2 }, "C", "at 0", false)).toEqual([["C"], ["B"], ["A"]]);
    expect(drop({}, "B", "at 2")).toEqual([[], [], ["B"]]);
  });

  it("goes between two places, and the others keep their order", () => {
    expect(drop({ A: 0, B: 1, C: 2 }, "C", "before 0")).toEqual([["C"], ["A"], ["B"]]);
    expect(drop({ A: 0, B: 1, C: 2 }, "A", "before 2")).toEqual([["B"], ["A"], ["C"]]);
    expect(drop({ A: 0, B: 1, C: 2 }, "A", "before 3")).toEqual([["B"], ["C"], ["A"]]);
    expect(drop({ A: 0, B: 0, C: 1 }, "C", "before 0")).toEqual([["C"], ["A", "B"]]);
    expect(inserted({ A: 0, B: 2 }, "C", 0, 3)).toEqual({ C: 0, A: 1, B: 2 });
    // The last place is taken: what is empty before it makes room.
    expect(inserted({ B: 2 }, "C", 2, 3)).toEqual({ C: 1, B: 2 });
  });

  it("loses its rank outside, and nothing changes where nothing is", () => {
    const ranks = { A: 0, B: 1 };
    expect(drop(ranks, "A", "out")).toEqual([[], ["B"]]);
    expect(without({ A: 0 }, "A")).toEqual({});
    expect(dropped(ranks, "A", null, names, true)).toBe(ranks);
    expect(dropped(ranks, "A", "elsewhere", names, true)).toBe(ranks);
  });

  it("never leaves the places there are, whatever is dragged", () => {
    let ranks: Readonly<Record<string, number>> = {};
    let seed = 7;
    const dice = (sides: number) => (seed = (seed * 48271) % 2147483647) % sides;
    for (let n = 0; n < 2000; n++) {
      const place = ["at", "before"][dice(2)]! + ` ${dice(3)}`;
      ranks = dropped(ranks, names[dice(3)]!, dice(9) === 0 ? "out" : place, names, dice(2) === 0);
      ranks = ranksOf(groupsOf(ranks, names));
      for (const rank of Object.values(ranks)) expect(rank >= 0 && rank < 3).toBe(true);
    }
  });
});

describe("a scale", () => {
  it("has its numbers as keys where it can", () => {
    expect(keysOfScale(1, 5)).toEqual(["1", "2", "3", "4", "5"]);
    expect(keysOfScale(0, 3)).toEqual(["0", "1", "2", "3"]);
    expect(keysOfScale(1, 10).at(-1)).toBe("0");
    expect(keysOfScale(-2, 2)).toEqual(["1", "2", "3", "4", "5"]);
    expect(keysOfScale(0, 10).at(-1)).toBe("");
  });
});

describe("the winner that a rewrite starts from", () => {
  it.each([
    [{ better: "B", strength: 2 }, "B"],
    [{ better: "tie" }, undefined],
    [[["C"], ["A", "B"]], "C"],
    [[["A", "C"], ["B"]], undefined],
    [[["A"]], undefined],
    [undefined, undefined],
  ])("of %j is %s", (value, expected) => {
    const answer = (value === undefined ? {} : { p: value }) as Answer;
    expect(winnerOf("p", answer, CANDIDATES)?.name).toBe(expected);
  });

  it("is shown at its candidate", () => {
    const schema = { version: 1, item: {}, questions: [{ id: "p", type: "preference", text: "" }] } as Schema;
    expect([...betterIn(schema, { p: { better: "B" } }, 2)]).toEqual(["B"]);
    expect([...betterIn(schema, {}, 2)]).toEqual([]);
  });
});

describe("a tree", () => {
  const options = [
    {
      id: "a",
      text: "Animal",
      options: [
        { id: "d", text: "Dog" },
        { id: "c", text: "Cat" },
      ],
    },
    { id: "s", text: "Stone" },
  ];

  it("shows what is open, or what is looked for and the way there", () => {
    const shown = (open: string[], find = "") =>
      rowsOf(options, new Set(open), find).map(({ option }) => option.text);
    expect(shown([])).toEqual(["Animal", "Stone"]);
    expect(shown([keyOf(["a"])])).toEqual(["Animal", "Dog", "Cat", "Stone"]);
    expect(shown([], "ca")).toEqual(["Animal", "Cat"]);
    expect(shown([], "animal")).toEqual(["Animal", "Dog", "Cat"]);
    expect(shown([], "none")).toEqual([]);
  });

  it("knows its paths", () => {
    expect(pathsOf(options)).toEqual([["a"], ["a", "d"], ["a", "c"], ["s"]]);
    expect(textsOf(options, ["a", "c"])).toEqual(["Animal", "Cat"]);
    expect(below(options, ["a"]).map(({ id }) => id)).toEqual(["d", "c"]);
    expect(below(options, ["x"])).toEqual([]);
  });
});

describe("values by target", () => {
  it("come and go", () => {
    expect(withTarget(undefined, "1", 4)).toEqual({ 1: 4 });
    expect(withTarget({ 1: 4, 3: 5 }, "3", undefined)).toEqual({ 1: 4 });
    expect(withTarget({ 1: 4 }, "1", undefined)).toBeUndefined();
    expect(withTarget({ cannot_assess: true }, "1", 2)).toEqual({ 1: 2 });
  });
});

describe("the bar", () => {
  it("holds the first question that is always asked and fits", () => {
    const schema = readSchema(
      JSON.stringify({
        version: 1,
        item: { text: "text" },
        questions: [
          { id: "why", type: "text", text: "Why" },
          { id: "per", type: "rating", text: "R", per: "candidates" },
          { id: "rate", type: "rating", text: "R" },
        ],
      }),
    );
    expect(barQuestion(schema, sampleTask(schema, '{"text": "x"}'))?.id).toBe("rate");
  });
});

describe("a sample", () => {
  it("says what is wrong in words", () => {
    expect(() => readSchema("{")).toThrow("no JSON");
    expect(() => readSchema('{"item": {}, "questions": []}')).toThrow("what is asked");
    const schema = readSchema(
      '{"item": {"t": "text"}, "candidates": {"of": ["a", "b"]}, "questions": [{"id": "p", "type": "preference", "text": "P"}]}',
    );
    expect(sampleTask(schema, '{"t": "x", "a": "1"}').problem).toContain("a, b");
    const task = sampleTask(schema, '{"t": "x", "a": "1", "b": {"content": "2"}, "model": "secret"}');
    expect(task.candidates).toEqual([
      { name: "A", content: "1" },
      { name: "B", content: "2" },
    ]);
    expect(task.item).toEqual({ t: "x" });
    expect(fieldName("system_prompt")).toBe("System prompt");
  });
});
