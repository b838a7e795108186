/**
 * Colours for code in model output: comments, texts, numbers, words of the language. One tokenizer for the
 * languages that such output holds most; what it does not know stays plain. Pure: text in, pieces out.
 */

export type Piece = {
  readonly kind: "" | "comment" | "string" | "number" | "word" | "name";
  readonly text: string;
};

type Language = { readonly comment: string; readonly string: string; readonly words: ReadonlySet<string> };

const list = (words: string) => new Set(words.split(" "));
const SLASHES = String.raw`\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`;
const HASH = String.raw`#[^\n]*`;
const QUOTES = String.raw`"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?`;
const BACKTICKS = String.raw`\`(?:\\[\s\S]|[^\`\\])*\`?`;
const TRIPLES = String.raw`"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)`;

const PYTHON: Language = {
  comment: HASH,
  string: `${TRIPLES}|${QUOTES}`,
  words: list(
    "and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try while with yield None True False self",
  ),
};
const SCRIPT: Language = {
  comment: SLASHES,
  string: `${BACKTICKS}|${QUOTES}`,
  words: list(
    "abstract as async await break case catch class const continue default delete do else enum export extends finally for from function get if implements import in instanceof interface let new null of private public readonly return set static super switch this throw true false try type typeof undefined var void while yield",
  ),
};
const BRACES: Language = {
  comment: SLASHES,
  string: `${BACKTICKS}|${QUOTES}`,
  words: list(
    "abstract auto bool boolean break byte case catch char class const continue crate default defer delete do double else enum extends extern false final finally float fn for func go if impl implements import in int interface let long loop match mod mut namespace new nil null nullptr override package private protected pub public range ref return self short signed sizeof static string struct super switch template this throw throws trait true try type typedef union unsafe unsigned use using var virtual void where while",
  ),
};
const SHELL: Language = {
  comment: HASH,
  string: QUOTES,
  words: list(
    "if then else elif fi for in do done while until case esac function return export local set unset source sudo echo cd exit true false end def module require class",
  ),
};
const SQL: Language = {
  comment: String.raw`--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`,
  string: QUOTES,
  words: list(
    "select from where and or not insert into values update set delete create table index view drop alter add primary key foreign references join left right inner outer full on group by order having limit offset as distinct union all case when then else end null is in like between exists begin commit rollback with returning default unique check count sum avg min max",
  ),
};
const JSON_LANGUAGE: Language = { comment: SLASHES, string: QUOTES, words: list("true false null") };
const YAML: Language = { comment: HASH, string: QUOTES, words: list("true false null yes no") };
const CSS: Language = {
  comment: SLASHES,
  string: QUOTES,
  words: list("important media supports layer import"),
};

const LANGUAGES: Readonly<Record<string, Language>> = {
  py: PYTHON,
  python: PYTHON,
  python3: PYTHON,
  js: SCRIPT,
  javascript: SCRIPT,
  jsx: SCRIPT,
  mjs: SCRIPT,
  ts: SCRIPT,
  tsx: SCRIPT,
  typescript: SCRIPT,
  json: JSON_LANGUAGE,
  jsonc: JSON_LANGUAGE,
  sh: SHELL,
  bash: SHELL,
  shell: SHELL,
  zsh: SHELL,
  console: SHELL,
  ruby: SHELL,
  rb: SHELL,
  sql: SQL,
  postgresql: SQL,
  mysql: SQL,
  yaml: YAML,
  yml: YAML,
  toml: YAML,
  ini: YAML,
  css: CSS,
  scss: CSS,
};
for (const name of "c h cpp c++ cc cs csharp java kotlin swift go golang rust rs php scala dart".split(" "))
  (LANGUAGES as Record<string, Language>)[name] = BRACES;

/** More than this stays plain: colour is not worth a pause. */
const MOST_UNITS = 60_000;
const patterns = new Map<Language, RegExp>();

export function knows(language: string): boolean {
  return language.toLowerCase() in LANGUAGES;
}

/** `code` cut into pieces that join to exactly `code`. */
export function pieces(code: string, language: string): Piece[] {
  const known = LANGUAGES[language.toLowerCase()];
  if (known === undefined || code.length > MOST_UNITS) return [{ kind: "", text: code }];
  const found: Piece[] = [];
  let at = 0;
  for (const match of code.matchAll(patternOf(known))) {
    if (match.index > at) found.push({ kind: "", text: code.slice(at, match.index) });
    found.push({ kind: kindOf(match, known), text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < code.length) found.push({ kind: "", text: code.slice(at) });
  return found;
}

function patternOf(language: Language): RegExp {
  let pattern = patterns.get(language);
  if (pattern === undefined) {
    const { comment, string } = language;
    const number = String.raw`\b(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)\b`;
    pattern = new RegExp(`(${comment})|(${string})|(${number})|([A-Za-z_$][\\w$]*)(?=(\\s*\\()?)`, "g");
    patterns.set(language, pattern);
  }
  return pattern;
}

function kindOf(match: RegExpExecArray, language: Language): Piece["kind"] {
  if (match[1] !== undefined) return "comment";
  if (match[2] !== undefined) return "string";
  if (match[3] !== undefined) return "number";
  const word = match[0];
  if (language.words.has(language === SQL ? word.toLowerCase() : word)) return "word";
  return match[5] === undefined ? "" : "name";
}
