/**
 * Every word of the workspace goes through here. The page brings a catalog, made by the server in the reader's
 * language (`annotation/pages/words.py`); without one the words stand as they are written. `{name}` is filled in.
 */
export type Catalog = {
  /** English text to its translation. */
  readonly texts: Readonly<Record<string, string>>;
  /** English text for one to the forms of a plural, and which of them n has, as digits from n = 0 on. */
  readonly plurals: Readonly<Record<string, { readonly forms: readonly string[]; readonly which: string }>>;
};

/** A text that is translated elsewhere, by `t` of a variable. */
export type Word = string & { readonly word: true };

type Values = Readonly<Record<string, string | number>>;

const NONE: Catalog = { texts: {}, plurals: {} };
/** What a plural goes by from here on: the last two digits, as in every language. */
const ROUND = 100;
let catalog: Catalog | undefined;

export function useCatalog(words: Catalog): void {
  catalog = words;
}

/** Mark a text for the catalog where it stands; `t` translates it where it is shown. */
export function word(text: string): Word {
  return text as Word;
}

/** A literal text, or a `Word`: whatever else would never be in the catalog. */
export function t<const T extends string>(text: string extends T ? Word : T, values: Values = {}): string {
  return filled(words().texts[text] ?? text, values);
}

export function tn(one: string, more: string, n: number, values: Values = {}): string {
  const known = words().plurals[one];
  if (!known) return filled(n === 1 ? one : more, { n, ...values });
  const place = n < known.which.length ? n : known.which.length - ROUND + (n % ROUND);
  return filled(known.forms[Number(known.which[place])] ?? more, { n, ...values });
}

function filled(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

function words(): Catalog {
  catalog ??= fromPage();
  return catalog;
}

function fromPage(): Catalog {
  const given = document.querySelector<HTMLMetaElement>('meta[name="words"]')?.content;
  return given ? (JSON.parse(given) as Catalog) : NONE;
}
