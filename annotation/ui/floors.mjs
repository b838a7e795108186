// Holds the sources to their floors (core < engines < parts < desk < entry) and to the content policy.
import { readdirSync, readFileSync, existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const FLOORS = ["core", "engines", "parts", "desk", "entry"];
const NEVER = [
  [/\b(?:inner|outer)HTML\b/, "writes markup"],
  [/insertAdjacentHTML|document\.write|DOMParser|parseHTMLUnsafe|setHTMLUnsafe/, "parses markup"],
  [/dangerouslySetInnerHTML/, "writes markup"],
  [/setAttribute\(\s*["'`]style/, "writes a style attribute"],
  [/\sstyle=(?:\{|")/, "writes a style attribute"],
  [/\beval\(|new Function\b/, "evaluates text"],
  [/https?:\/\//, "names an address"],
];
// Preact knows `dangerouslySetInnerHTML` and an XML namespace; DOMPurify parses under its own policy.
const BUNDLED = [
  [/\beval\(|new Function\b/, "evaluates text"],
  [/(?:fetch|import|src|href)\W{1,4}["'`]https?:\/\//, "calls an address"],
];

/** A browser writes what stands in a field to the disk in clear, for the next time, unless it is told not to. */
function remembered(text) {
  const fields = [...text.matchAll(/<(?:textarea|input)\b[^]*?\/>/g)].map(([field]) => field);
  const wordless = /type="(?:radio|checkbox|number)"|type=\{|\{\.\.\.common\}/;
  const kept = fields.some((field) => !wordless.test(field) && !/autocomplete="off"/.test(field));
  return kept ? ["lets the browser keep what is written in a field"] : [];
}

/** What is wrong with one source, given as its path below src/ and its text. */
export function faultsOf(path, text) {
  const [floor] = path.split("/");
  const faults = NEVER.filter(([rule]) => rule.test(text)).map(([, what]) => what);
  for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)) {
    if (target.startsWith(".")) {
      const other = relative(".", join(dirname(path), target)).split("/")[0];
      if (FLOORS.indexOf(other) > FLOORS.indexOf(floor)) faults.push(`imports ${target}, a floor above`);
      if (floor === "entry" && other === "entry" && target.startsWith("./"))
        faults.push(`imports another entry`);
    } else if (floor === "engines" && /^(?:@?preact)/.test(target)) faults.push(`imports ${target}`);
  }
  return [...faults, ...remembered(text)];
}

/** What is wrong with one built script. */
export function faultsOfBundle(text) {
  return BUNDLED.filter(([rule]) => rule.test(text)).map(([, what]) => what);
}

function files(folder, ending) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => ending.test(name));
}

function main(here) {
  const said = [];
  const sources = join(here, "src");
  for (const name of files(sources, /\.(?:ts|tsx)$/)) {
    if (!FLOORS.includes(name.split("/")[0])) said.push(`src/${name}: stands on no floor`);
    for (const fault of faultsOf(name, readFileSync(join(sources, name), "utf8")))
      said.push(`src/${name}: ${fault}`);
  }
  const built = resolve(here, "../static/ui/assets");
  for (const name of files(built, /\.js$/))
    for (const fault of faultsOfBundle(readFileSync(join(built, name), "utf8")))
      said.push(`${name}: ${fault}`);
  for (const line of said) console.error(line);
  return said.length ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exit(main(dirname(fileURLToPath(import.meta.url))));
