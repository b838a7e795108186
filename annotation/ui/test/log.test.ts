// @ts-expect-error: no types of Node here
import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { byCodePoint, parseBase64, parseDecimal, toHex, utf8 } from "../src/core/log/bytes";
import { parseCanonicalJson } from "../src/core/log/json";
import { hmac, sha256 } from "../src/core/log/sha256";
import { Edge, Frontier, checkConsistency, leafHash, tilePath, treeHead } from "../src/core/log/tree";
import { visible } from "../src/core/log/words";
import { differing } from "../src/desk/verifying/trial";
// @ts-expect-error: the build's own script
import { pageOf } from "../verify.config.mjs";

describe("hashes", () => {
  it("are those of another implementation, at every length around a block", () => {
    for (let length = 0; length < 200; length += 1) {
      const text = new Uint8Array(length).map((_, at) => at * 31 + length);
      expect(toHex(sha256(text))).toBe(createHash("sha256").update(text).digest("hex"));
      const cut = Math.floor(length / 3);
      expect(toHex(sha256(text.subarray(0, cut), text.subarray(cut)))).toBe(toHex(sha256(text)));
      expect(toHex(hmac(text.subarray(0, 32), text))).toBe(
        createHmac("sha256", text.subarray(0, 32)).update(text).digest("hex"),
      );
    }
  });

  it("make the tree of the worked example", () => {
    const leaves = ["alpha", "beta", "gamma"].map((entry) => leafHash(utf8(entry)));
    const head = treeHead(leaves);
    expect(toHex(head)).toBe("385da30f3917282c8939dff851957e519ab1846b1351a14c0adb3b11632742aa");
    const old = { size: 2n, head: treeHead(leaves.slice(0, 2)) };
    checkConsistency([leaves[2]!], old, { size: 3n, head });
    expect(() => checkConsistency([leaves[1]!], old, { size: 3n, head })).toThrow("other roots");
  });

  it("grow to the same root, tile by tile", () => {
    const frontier = new Frontier();
    const edge = new Edge();
    const leaves = Array.from({ length: 600 }, (_, at) => leafHash(utf8(String(at))));
    const full = [];
    for (let at = 0; at < leaves.length; at += 256) {
      const tile = leaves.slice(at, at + 256);
      for (const leaf of tile) frontier.append(leaf);
      full.push(...edge.append(tile));
    }
    expect(toHex(frontier.head)).toBe(toHex(treeHead(leaves)));
    const told = ({ level, index, hashes }: { level: number; index: number; hashes: Uint8Array }): number[] => [level, index, hashes.length / 32]; // prettier-ignore
    expect(full.map(told)).toEqual([[0, 0, 256], [0, 1, 256]]); // prettier-ignore
    expect(edge.partial.map(told)).toEqual([[0, 2, 88], [1, 0, 2]]); // prettier-ignore
    expect(tilePath("entries", 1_234_067, 3)).toBe("tile/entries/x001/x234/067.p/3");
  });
});

describe("strict readings", () => {
  it("refuse numbers and base64 that are not the one encoding", () => {
    for (const text of ["", "+1", "01", " 1", "1_0", "٣", "9223372036854775808", "1\n", "1e3"])
      expect(() => parseDecimal(text)).toThrow();
    expect(parseDecimal("9223372036854775807")).toBe(2n ** 63n - 1n);
    for (const text of ["A", "AA", "AA=", "AB==", "AA==\n", "A A=", "AA-_", "===="])
      expect(() => parseBase64(text)).toThrow();
  });

  it("sort names as Python does", () => {
    expect(["🙂", "\uffff", "b", "aa", "a"].sort(byCodePoint)).toEqual(["a", "aa", "b", "\uffff", "🙂"]);
    expect(parseCanonicalJson(utf8('{"\uffff":1,"🙂":123456789012345678901}')).get("🙂")).toBe(123456789012345678901n); // prettier-ignore
    expect(() => parseCanonicalJson(utf8('{"🙂":2,"\uffff":1}'))).toThrow("not sorted");
  });
});

it("shows what cannot be seen", () => {
  expect(visible("a b\u202e\u0007\u2028é🙂\u{e0001}")).toBe("a b\\u202e\\x07\\u2028é🙂\\U000e0001");
});

it("counts the characters that were changed", () => {
  expect(differing("abcd", "abcd")).toBe(0);
  expect(differing("abcd", "abXd")).toBe(1);
  expect(differing("aaaa", "aaaaa")).toBe(1);
  expect(differing("", "abc")).toBe(3);
});

it("puts script, style and the policy over both into one page, whatever they hold", () => {
  const markup = '<meta content="POLICY" /><style>\n STYLE\n</style><script>\n SCRIPT;\n</script>';
  const page: string = pageOf(markup, "let POLICY = '$&';", "p{}");
  expect(page).toContain("<style>p{}</style><script>let POLICY = '$&';</script>");
  const digest = createHash("sha256").update("let POLICY = '$&';").digest("base64");
  expect(page).toContain(`script-src 'sha256-${digest}'`);
  expect(() => pageOf(markup, "'</script>'", "")).toThrow("too early");
});
