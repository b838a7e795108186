import { describe, expect, it } from "vitest";
// @ts-expect-error a plain module, without types
import { faultsOf, faultsOfBundle } from "../floors.mjs";

describe("the lint of the floors", () => {
  it.each([
    ["core/a.ts", 'import { b } from "../desk/b";'],
    ["parts/a.tsx", 'import { b } from "../desk/b";'],
    ["engines/a.ts", 'import { h } from "preact";'],
    ["engines/a.ts", 'const part = await import("../parts/b");'],
    ["core/a.ts", "node.innerHTML = text;"],
    ["desk/a.tsx", '<p style="color: red">'],
    ["core/a.ts", 'node.setAttribute("style", text)'],
    ["core/a.ts", "eval(text)"],
    ["core/a.ts", 'fetch("https://example.org")'],
    ["desk/a.tsx", "<textarea rows={3} onInput={(event) => set(event)} />"],
    ["desk/a.tsx", '<input type="search" /> <textarea autocomplete="off" />'],
  ])("refuses %s: %s", (path, text) => expect(faultsOf(path, text)).toHaveLength(1));

  it("lets through what points down", () => {
    expect(faultsOf("desk/a.tsx", 'import { b } from "../core/b";\nimport { h } from "preact";')).toEqual([]);
    expect(faultsOf("entry/a.tsx", 'import { b } from "../desk/b";')).toEqual([]);
  });

  it("reads bundles", () => {
    expect(faultsOfBundle('fetch("https://example.org")')).toHaveLength(1);
    expect(faultsOfBundle('a("http://www.w3.org/2000/svg")')).toEqual([]);
  });
});
