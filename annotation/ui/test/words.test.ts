import { afterEach, describe, expect, it } from "vitest";
import { t, tn, useCatalog } from "../src/core/words";
// @ts-expect-error a plain module, without types
import { moduleOf, roomOf, wordsOf } from "../words.mjs";

const WHICH = Array.from({ length: 200 }, (_, n) => {
  const few = n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 10 || n % 100 >= 20);
  return n === 1 ? 0 : few ? 1 : 2;
}).join("");
const POLISH = {
  texts: { Submit: "Wyślij", "{n} of {all}": "{n} z {all}" },
  plurals: { "{n} span": { forms: ["{n} fragment", "{n} fragmenty", "{n} fragmentów"], which: WHICH } },
};

describe("words", () => {
  afterEach(() => useCatalog({ texts: {}, plurals: {} }));

  it("stand as they are written without a catalog, with their values", () => {
    expect(t("Submit")).toBe("Submit");
    expect(t("{n} of {all}", { n: 1, all: 2 })).toBe("1 of 2");
    expect(t("{n} of {all}", { n: 1 })).toBe("1 of {all}");
    expect([0, 1, 2].map((n) => tn("{n} span", "{n} spans", n))).toEqual(["0 spans", "1 span", "2 spans"]);
  });

  it("are the catalog's, with every form of a plural, however large the number", () => {
    useCatalog(POLISH);
    expect(t("Submit")).toBe("Wyślij");
    expect(t("{n} of {all}", { n: 1, all: 2 })).toBe("1 z 2");
    expect(t("Skip")).toBe("Skip");
    const said = [0, 1, 2, 5, 12, 22, 101, 102, 1001, 1002, 1012].map((n) =>
      tn("{n} span", "{n} spans", n).replace(/\d+ /, ""),
    );
    expect(said).toEqual([
      "fragmentów",
      "fragment",
      "fragmenty",
      "fragmentów",
      "fragmentów",
      "fragmenty",
      "fragmentów",
      "fragmenty",
      "fragmentów",
      "fragmenty",
      "fragmentów",
    ]);
  });
});

describe("the list of words for the server", () => {
  it("has every text, marked ones and plurals, over lines", () => {
    const source =
      'a(t("One")); t(\n  "Two \\"2\\"",\n { n }); word("Three"); tn("{n} x", "{n} xs", n); format("no")';
    expect(wordsOf(source)).toEqual({ single: ["One", 'Two "2"', "Three"], plural: [["{n} x", "{n} xs"]] });
    expect(moduleOf("desk", [source, 't("One")']).match(/gettext_noop\("One"\)/g)).toHaveLength(1);
  });

  it("stands in a module for each room, and in none where nothing is said", () => {
    const paths = [
      "desk/Desk.tsx",
      "desk/practice/content.ts",
      "parts/editor/inputs.tsx",
      "parts/asked.tsx",
      "core/keys.ts",
    ];
    expect(paths.map(roomOf)).toEqual(["desk", "practice", "editor", "parts", "answering"]);
    expect(moduleOf("core", ["const one = 1;"])).toBe("");
    expect(moduleOf("desk", ['t("One")'])).not.toContain("plural import");
  });

  it("refuses a text that it could not read", () => {
    expect(() => wordsOf("t(`One ${two}`)")).toThrow();
    expect(() => wordsOf("t('One')")).toThrow();
  });
});
