import { describe, expect, it } from "vitest";
import { parts, render } from "../src/engines/markdown/render";

const BLOCK = [
  "# A heading",
  "Words with **weight**, a [link][there] and `code`.\r\nA second line.",
  "- one\n- two\n\n  with a paragraph\n  - deeper",
  "```py\ndef f():\n\n    return 1\n```",
  "> quoted\n> twice",
  "| a | b |\n|---|---|\n| 1 | 2 |",
  "***",
  "1. first\n2. second",
].join("\n\n");
const LONG = `${`${BLOCK}\n\n`.repeat(60)}[there]: https://example.org/x\n`;

describe("a long text in parts", () => {
  it("stands as it was written until then, line for line", () => {
    const written = LONG.replaceAll("\r\n", "\n");
    expect(parts(LONG).length).toBeGreaterThan(4);
    expect(
      parts(LONG)
        .map(({ source }) => source)
        .join("\n"),
    ).toBe(written);
  });

  it("is one part while it is short, and none while it is empty", () => {
    expect(parts(BLOCK).length).toBe(1);
    expect(parts("").length).toBe(0);
    expect(render("").childNodes.length).toBe(0);
  });
});
