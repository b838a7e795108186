// Lists the workspace's words for the server, whose `makemessages` does not read TypeScript. `npm run words` writes
// annotation/pages/workspace_words/, a module for each room of the sources; the lint fails while the folder does not
// hold exactly what they say.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

// Rooms inside a floor that have a list of their own, and the floor whose name would say nothing on the server.
const ROOMS = { "core/": "answering", "desk/practice/": "practice", "parts/editor/": "editor" };
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

/** The module that lists the words of a source, given as its path below src/: its floor, or its room. */
export function roomOf(path) {
  const inner = Object.keys(ROOMS).find((folder) => path.startsWith(folder));
  return inner ? ROOMS[inner] : path.split("/")[0];
}

/** The module of the server that holds them; nothing where there are none. */
export function moduleOf(room, sources) {
  const all = sources.map(wordsOf);
  const single = [...new Set(all.flatMap((one) => one.single))].sort();
  const plural = [...new Set(all.flatMap((one) => one.plural.map((pair) => JSON.stringify(pair))))].sort();
  if (single.length + plural.length === 0) return "";
  const texts = single.map((text) => `    gettext_noop(${JSON.stringify(text)}),\n`).join("");
  const pairs = plural
    .map(
      (pair) =>
        `    ngettext(${JSON.parse(pair)
          .map((text) => JSON.stringify(text))
          .join(", ")}),\n`,
    )
    .join("");
  return `"""Words of the labeling workspace (${room}), for \`makemessages\`. Written by \`npm run words\` in annotation/ui; not by hand."""
# ruff: noqa: E501 - texts stand on one line each
# fmt: off

${[
  single.length > 0 && "from django.utils.translation import gettext_noop\n",
  plural.length > 0 && "from annotation.pages.plural import ngettext\n",
]
  .filter(Boolean)
  .join("\n")}
TEXTS: tuple[str, ...] = (
${texts})
PLURALS: tuple[tuple[str, str], ...] = (
${pairs})
`;
}

/** Every module by its name. */
function modulesOf(src) {
  const rooms = new Map();
  for (const name of readdirSync(src, { recursive: true, encoding: "utf8" }).sort()) {
    if (!/\.tsx?$/.test(name)) continue;
    const room = roomOf(name);
    rooms.set(room, [...(rooms.get(room) ?? []), readFileSync(join(src, name), "utf8")]);
  }
  const modules = [...rooms].map(([room, texts]) => [`${room}.py`, moduleOf(room, texts)]);
  return new Map([["__init__.py", ""], ...modules.filter(([, text]) => text)]);
}

function main(here, check) {
  const folder = resolve(here, "../pages/workspace_words");
  const wanted = modulesOf(join(here, "src"));
  mkdirSync(folder, { recursive: true });
  const there = readdirSync(folder).filter((name) => name.endsWith(".py"));
  const surplus = there.filter((name) => !wanted.has(name));
  const changed = [...wanted].filter(
    ([name, text]) => !there.includes(name) || readFileSync(join(folder, name), "utf8") !== text,
  );
  if (!check) {
    for (const name of surplus) rmSync(join(folder, name));
    for (const [name, text] of changed) writeFileSync(join(folder, name), text);
    return 0;
  }
  const wrong = [...surplus, ...changed.map(([name]) => name)].sort();
  if (wrong.length === 0) return 0;
  console.error(
    `annotation/pages/workspace_words is not what the sources say (${wrong.join(", ")}): npm run words`,
  );
  return 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exit(main(dirname(fileURLToPath(import.meta.url)), process.argv.includes("--check")));
