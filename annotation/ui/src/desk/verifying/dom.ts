/** Makes elements. Texts become text nodes, so nothing that stands in a bundle is ever read as markup. */

type Child = Node | string | null | false;

export function el<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string | boolean> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(attribute, "");
    else if (value !== false) made.setAttribute(attribute, value);
  }
  fill(made, ...children);
  return made;
}

/** Replace what an element holds. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(
    ...children.filter((each): each is Node | string => each !== null && each !== false),
  );
}

/** The element of the page's own markup with that id. */
export function part<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found as Kind;
}

/** Offer bytes as a file. */
export function save(content: Uint8Array, name: string): void {
  const address = URL.createObjectURL(new Blob([new Uint8Array(content)]));
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
