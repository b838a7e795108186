import { describe, expect, it } from "vitest";
import { pieces } from "../src/engines/markdown/code";
import { beginning, partsOf, SHOWN_UNITS } from "../src/engines/markdown/cut";
import { changes } from "../src/engines/markdown/diff";

const joined = (parts: readonly { text: string }[]) => parts.map(({ text }) => text).join("");

describe("code in colours", () => {
  const samples: [string, string][] = [
    ["python", 'def f(x):\n    """doc"""\n    return x + 0x1F  # done\n'],
    ["js", "const a = `x ${b}`; // no\nfetch('/x')\n"],
    ["json", '{"a": [1, -2.5e3, true]}'],
    ["sql", "SELECT * FROM t -- all\nWHERE a = 'b''c'"],
    ["bash", 'if [ -e x ]; then echo "$HOME"; fi # ok'],
    ["rust", 'fn main() { let s = "unfinished'],
    ["", "plain"],
    ["klingon", "if (x) return"],
  ];

  it.each(samples)("of %s are pieces that join to the code", (language, code) => {
    expect(joined(pieces(code, language))).toBe(code);
  });

  it("tell comments, texts, numbers and words apart", () => {
    const found = pieces(samples[0]![1], "Python");
    const kinds = (kind: string) => found.filter((piece) => piece.kind === kind).map(({ text }) => text);
    expect(kinds("word")).toEqual(["def", "return"]);
    expect(kinds("string")).toEqual(['"""doc"""']);
    expect(kinds("number")).toEqual(["0x1F"]);
    expect(kinds("comment")).toEqual(["# done"]);
    expect(kinds("name")).toEqual(["f"]);
  });

  it("bear what never ends", () => {
    const code = `"${"\\".repeat(30_001)}`;
    expect(joined(pieces(code, "js"))).toBe(code);
  });
});

describe("long texts", () => {
  it("are cut after a line, never in a pair", () => {
    const lines = "word word word\n".repeat(10_000);
    expect(beginning(lines).endsWith("\n")).toBe(true);
    expect(lines.startsWith(beginning(lines))).toBe(true);
    const pairs = `a${"😀".repeat(SHOWN_UNITS)}`;
    expect(beginning(pairs).length).toBe(SHOWN_UNITS - 1);
    expect(beginning("short")).toBe("short");
  });

  it("are laid out in parts that join to the text", () => {
    const text = `${"x".repeat(9000)}\n${"y\n".repeat(6000)}end`;
    expect(partsOf(text).join("")).toBe(text);
    expect(partsOf("")).toEqual([]);
  });
});

describe("differences", () => {
  it("lead from one text to the other", () => {
    const before = "You can sort it.\nIt is fast, mostly.";
    const after = "You can sort them.\nIt is very fast.";
    const found = changes(before, after);
    expect(joined(found.filter(({ kind }) => kind !== "removed"))).toBe(after);
    expect(joined(found.filter(({ kind }) => kind !== "added"))).toBe(before);
    expect(found.some(({ kind, text }) => kind === "added" && text.includes("very"))).toBe(true);
  });

  it("are by lines where texts are long", () => {
    const before = "one line here\n".repeat(2000);
    const found = changes(before, `${before}last\n`);
    expect(found.at(-1)).toEqual({ kind: "added", text: "last\n" });
  });
});
