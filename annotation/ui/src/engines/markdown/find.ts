/** Words in a text that is on the page: where they stand. Nothing of the page is changed. */

const BLOCKS = "p, li, h1, h2, h3, h4, h5, h6, th, td, pre, blockquote";

/** Every place of `words` below `root`, in order, whatever the case; a place lies within one paragraph, line or cell. */
export function placesOf(root: Element, words: string): Range[] {
  const wanted = lowered(words.trim().replace(/\s+/g, " "));
  if (!wanted) return [];
  return blocksOf(root).flatMap((nodes) => placesIn(nodes, wanted));
}

/** Texts that are read as one, in order. */
function blocksOf(root: Element): Text[][] {
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found: Text[][] = [];
  let block: Element | null = null;
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const own = node.parentElement?.closest(BLOCKS) ?? root;
    if (own !== block) found.push([]);
    block = own;
    found.at(-1)!.push(node as Text);
  }
  return found;
}

function placesIn(nodes: readonly Text[], wanted: string): Range[] {
  const text = lowered(nodes.map(({ data }) => data).join(""));
  const found: Range[] = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    const range = document.createRange();
    range.setStart(...spotOf(nodes, at));
    // To the end of its last character: at a seam that is in the text before it.
    const [last, offset] = spotOf(nodes, at + wanted.length - 1);
    range.setEnd(last, offset + 1);
    found.push(range);
  }
  return found;
}

function spotOf(nodes: readonly Text[], at: number): [Text, number] {
  let left = at;
  for (const node of nodes) {
    if (left < node.length) return [node, left];
    left -= node.length;
  }
  throw new RangeError("past the end");
}

/** In small letters and single kinds of space, as long as it was: offsets stay. */
function lowered(text: string): string {
  return text.replace(/[^]/gu, (letter) => {
    const small = /\s/.test(letter) ? " " : letter.toLowerCase();
    return small.length === letter.length ? small : letter;
  });
}
