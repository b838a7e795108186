/**
 * Every word of the workspace goes through here. The page may pass a catalog (English text to its translation);
 * `{name}` is filled in. A plural has one text for one and one for more.
 */
let catalog: Readonly<Record<string, string>> = {};

export function useCatalog(words: Readonly<Record<string, string>>): void {
  catalog = words;
}

export function t(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  return (catalog[text] ?? text).replace(/\{(\w+)\}/g, (whole, name: string) =>
    String(values[name] ?? whole),
  );
}

export function tn(
  one: string,
  more: string,
  n: number,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return t(n === 1 ? one : more, { n, ...values });
}
