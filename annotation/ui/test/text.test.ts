import { describe, expect, it } from "vitest";
import { codePoints, slicePoints, TextMap, toCodePoint, toUnit } from "../src/core/text";

const HARD = "a😀é\r\n\u0000👩‍👩‍👧 \ud800x\udc00 שלום e\u0301";

describe("code points", () => {
  it("count as Python counts", () => {
    expect(codePoints("a😀b")).toBe(3);
    expect(codePoints("\ud800")).toBe(1);
    expect(codePoints(HARD)).toBe([...HARD].length);
  });

  it("convert there and back at every boundary", () => {
    const map = new TextMap(HARD.repeat(100));
    let unit = 0;
    [...map.text].forEach((point, n) => {
      if (map.unit(n) !== unit || map.point(unit) !== n) throw new Error(`at ${n}`);
      unit += point.length;
    });
    expect(map.unit(map.points)).toBe(map.text.length);
    expect(map.point(map.text.length)).toBe(map.points);
  });

  it("take the start of a pair for what lies inside it", () => {
    expect(toCodePoint("a😀b", 2)).toBe(1);
    expect(new TextMap("a😀b").point(2)).toBe(1);
    expect(toUnit("a😀b", 2)).toBe(3);
    expect(slicePoints("a😀b", 1, 2)).toBe("😀");
  });
});
