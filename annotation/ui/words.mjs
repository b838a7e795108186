// Lists the workspace's words for the server, whose `makemessages` does not read TypeScript. `npm run words` writes
// annotation/pages/workspace_words.py; the lint fails while it does not hold exactly what the sources say.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const TEXT = String.raw`"((?:[^"\\]|\\.)*)"`;
const CALL = new RegExp(String.raw`(?<![\w.])(?:(?:t|word)\(\s*${TEXT}|tn\(\s*${TEXT},\s*${TEXT})`, "g");
// Definitions in core/words.ts begin like calls; a text in other quotes would be missed.
const MISSED = /(?<![\w.])(?:t|tn|word)\(\s*['`]/;

/** The words of one source: single ones, and plurals as pairs. */
export function wordsOf(text) {
  if (MISSED.test(text)) throw new Error("a text in quotes that are not double");
  const found = { single: [], plural: [] };
  for (const [, single, one, more] of text.matchAll(CALL)) {
    if (single !== undefined) found.single.push(JSON.parse(`"${single}"`));
    else found.plural.push([JSON.parse(`"${one}"`), JSON.parse(`"${more}"`)]);
  }
  return found;
}

/** The module of the server that holds them. */
export function moduleOf(sources) {
  const all = sources.map(wordsOf);
  const single = [...new Set(all.flatMap((one) => one.single))].sort();
  const plural = [...new Set(all.flatMap((one) => one.plural.map((pair) => JSON.stringify(pair))))].sort();
  return `"""The words of the labeling workspace, for \`makemessages\`. Written by \`npm run words\` in annotation/ui; not by hand."""
# ruff: noqa: E501 - texts stand on one line each
# fmt: off

from django.utils.translation import gettext_noop


def ngettext(one: str, more: str) -> tuple[str, str]:
    """Mark a plural: \`makemessages\` knows it by this name."""
    return one, more


TEXTS = (
${single.map((text) => `    gettext_noop(${JSON.stringify(text)}),`).join("\n")}
)
PLURALS = (
${plural
  .map(
    (pair) =>
      `    ngettext(${JSON.parse(pair)
        .map((text) => JSON.stringify(text))
        .join(", ")}),`,
  )
  .join("\n")}
)
`;
}

function main(here, check) {
  const sources = readdirSync(join(here, "src"), { recursive: true, encoding: "utf8" });
  const texts = sources
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(join(here, "src", name), "utf8"));
  const path = resolve(here, "../pages/workspace_words.py");
  if (!check) return void writeFileSync(path, moduleOf(texts)) ?? 0;
  if (readFileSync(path, "utf8") === moduleOf(texts)) return 0;
  console.error("annotation/pages/workspace_words.py is not what the sources say: npm run words");
  return 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exit(main(dirname(fileURLToPath(import.meta.url)), process.argv.includes("--check")));
