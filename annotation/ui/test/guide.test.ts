import { describe, expect, it } from "vitest";
import { Keys } from "../src/core/keys";
import { placesOf } from "../src/engines/markdown/find";
import { bears, headingsOf } from "../src/engines/markdown/headings";
import { render } from "../src/engines/markdown/render";

function shown(markdown: string): HTMLElement {
  const host = document.createElement("div");
  host.append(render(markdown));
  return host;
}
const found = (markdown: string, words: string) => placesOf(shown(markdown), words).map(String);

describe("a search in rendered text", () => {
  it("finds every place, whatever the case, the spaces and the markup in between", () => {
    expect(found("A tone.\n\nNo **to**ne, no\ntone: TONE", "tone")).toEqual(["tone", "tone", "tone", "TONE"]);
    expect(found("a tone\nof voice", " tone  of ")).toEqual(["tone\nof"]);
    expect(found("aaa", "aa")).toEqual(["aa"]);
  });

  it("finds nothing across paragraphs, items and cells, and nothing for no words", () => {
    expect(found("- to\n- ne\n\nto\n\nne", "tone")).toEqual([]);
    expect(found("|to|ne|\n|-|-|\n|to|ne|", "tone")).toEqual([]);
    expect(found("text", "  ")).toEqual([]);
    expect(found("text", "texts")).toEqual([]);
  });

  it("gives places as they stand in the text, where a small letter is longer too", () => {
    expect(found("İİ tone 😀 Tone", "tone")).toEqual(["tone", "Tone"]);
    expect(found("😀x", "x")).toEqual(["x"]);
  });
});

describe("headings of guidelines", () => {
  it("are the lines that say so, in plain words, and none of code", () => {
    const text =
      "# One *two* #\r\n\n```\n# no\n```\nThree [four](x)\n===\n\n    # no\n\n~~~~\n~~~\n# no\n~~~~\n###### Six\n#no\n\n---\n";
    expect(headingsOf(text)).toEqual(["One two", "Three four", "Six"]);
  });

  it("bear a name that they are or begin with", () => {
    for (const heading of [
      "Person",
      "person",
      "**Person**",
      "Person: who counts",
      "Person (PER)",
      "Person – who",
    ])
      expect(bears(heading, "Person"), heading).toBe(true);
    for (const heading of ["Personal", "A person", "Person or place", "Person-like", ""])
      expect(bears(heading, "Person"), heading).toBe(false);
    expect(bears("anything", "")).toBe(false);
    expect(bears("first_name", "first_name")).toBe(true);
  });
});

describe("a command that lasts while its key is held", () => {
  const told: string[] = [];
  const press = (type: string, key: string, code: string) =>
    document.body.dispatchEvent(new KeyboardEvent(type, { key, code, bubbles: true, cancelable: true }));

  it("ends with the key, whatever else is let go, and when the page is left or no longer listens", () => {
    const keys = new Keys();
    const run = () => void told.push("on");
    const release = () => void told.push("off");
    keys.provide([{ id: "hide", label: "Hide", key: "H", group: "view", run, release }]);
    const deaf = keys.listen(document);
    press("keydown", "h", "KeyH");
    press("keyup", "j", "KeyJ");
    expect(told).toEqual(["on"]);
    press("keyup", "H", "KeyH");
    press("keyup", "h", "KeyH");
    expect(told.splice(0)).toEqual(["on", "off"]);
    press("keydown", "h", "KeyH");
    dispatchEvent(new Event("blur"));
    expect(told.splice(0)).toEqual(["on", "off"]);
    press("keydown", "h", "KeyH");
    deaf();
    expect(told.splice(0)).toEqual(["on", "off"]);
    press("keydown", "h", "KeyH");
    expect(told).toEqual([]);
  });

  it("leaves a text field by Escape, also with single keys switched off", () => {
    const keys = new Keys();
    let left = 0;
    keys.provide([{ id: "leave", label: "", key: "Escape", group: "view", fixed: true, run: () => left++ }]);
    const field = document.body.appendChild(document.createElement("textarea"));
    const deaf = keys.listen(document);
    document.documentElement.dataset.keys = "off";
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
    delete document.documentElement.dataset.keys;
    deaf();
    field.remove();
    expect(left).toBe(1);
  });
});
