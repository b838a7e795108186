/**
 * Model output as Markdown: never live HTML, nothing fetched from elsewhere.
 *
 * Raw HTML in a text is shown as text, which is what somebody who rates it must see. What markdown-it makes is
 * cleaned once more by DOMPurify, which hands over a fragment under its own Trusted Types policy. Pictures
 * become their description and address in words; links open in a page of their own that is told nothing.
 *
 * A chunk of its own: import it with `import()`.
 */
import DOMPurify from "dompurify";
import MarkdownIt, { type Token } from "markdown-it";
import { pieces } from "./code";

const SCHEMES = /^(?:https?:|mailto:)/i;
const TAGS =
  "a p br hr h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong s del table thead tbody tr th td span div";
const CLEAN = {
  ALLOWED_TAGS: TAGS.split(" "),
  ALLOWED_ATTR: ["href", "class", "start", "title", "data-language", "data-align", "tabindex"],
  // Every other attribute is held to this rule too, unless it is named as safe.
  ALLOWED_URI_REGEXP: SCHEMES,
  ADD_URI_SAFE_ATTR: ["start", "data-language", "data-align", "tabindex"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true as const,
};

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false, breaks: false });
const escape = markdown.utils.escapeHtml;
// The page has the one heading of the first level; a text's own stand below it.
markdown.core.ruler.push("levels", (state) => {
  for (const token of state.tokens) {
    if (token.type === "heading_open" || token.type === "heading_close") {
      token.tag = `h${Math.min(Number(token.tag.slice(1)) + 1, 6)}`;
    }
  }
});
markdown.validateLink = (address) => SCHEMES.test(address.trim());

markdown.renderer.rules.fence = (tokens, index) => {
  const { content, info } = tokens[index]!;
  return codeBlock(content, info.trim().split(/\s+/)[0] ?? "");
};
markdown.renderer.rules.code_block = (tokens, index) => codeBlock(tokens[index]!.content, "");
markdown.renderer.rules.image = (tokens, index) => {
  const token = tokens[index]!;
  const address = String(token.attrGet("src") ?? "");
  return `<span class="md-image">${escape(`${token.content || "image"} (${address})`)}</span>`;
};
for (const name of ["th_open", "td_open"]) {
  // A column's alignment comes as a style attribute, which the page's policy forbids.
  markdown.renderer.rules[name] = (tokens, index) => {
    const align = /text-align:(\w+)/.exec(String(tokens[index]!.attrGet("style") ?? ""))?.[1];
    return `<${tokens[index]!.tag}${align ? ` data-align="${align}"` : ""}>`;
  };
}
markdown.renderer.rules.table_open = () => '<div class="md-table" tabindex="0"><table>';
markdown.renderer.rules.table_close = () => "</table></div>";

function codeBlock(code: string, language: string): string {
  const coloured = pieces(code, language)
    .map(({ kind, text }) =>
      kind === "" ? escape(text) : `<span class="code-${kind}">${escape(text)}</span>`,
    )
    .join("");
  const name = language === "" ? "" : ` data-language="${escape(language.slice(0, 20))}"`;
  return `<pre tabindex="0"${name}><code>${coloured}</code></pre>`;
}

/** A stretch of whole blocks of a text. It is rendered when it is asked for, once. */
export type Part = {
  /** As it was written. */
  readonly source: string;
  /** A fresh copy of it, rendered. */
  fragment(): DocumentFragment;
};

/** From this length on a part ends after the block that it is in. */
const PART_UNITS = 3_000;
/** Texts that were rendered lately; the oldest goes first. */
const MOST_KEPT = 60;
const kept = new Map<string, readonly Part[]>();

/** `text` in parts, in order. What is cut is what Markdown takes for blocks: joined they are the whole. */
export function parts(text: string): readonly Part[] {
  let found = kept.get(text);
  if (found === undefined) {
    found = cut(text);
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value!);
  } else {
    kept.delete(text);
  }
  kept.set(text, found);
  return found;
}

/** A fresh copy of the whole, rendered. */
export function render(text: string): DocumentFragment {
  const whole = document.createDocumentFragment();
  for (const part of parts(text)) whole.append(part.fragment());
  return whole;
}

/** Have what is seen first of `text` ready for when it is shown, in a pause of the page. */
export function prepare(text: string): void {
  if (kept.has(text)) return;
  const idle = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 50));
  idle(() => void parts(text)[0]?.fragment());
}

/** Finding the blocks is quick; what is inside them is read when their part is rendered. */
function cut(text: string): Part[] {
  const written = text.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd");
  const around: Record<string, unknown> = {};
  const tokens: Token[] = [];
  markdown.block.parse(written, markdown, around, tokens);
  const lines = written.split("\n");
  const found: Part[] = [];
  let [first, line, end] = [0, 0, 0];
  tokens.forEach(({ level, nesting, map }, n) => {
    if (level > 0) return;
    end = map?.[1] ?? end;
    // Here a block of the outermost level ends; what opens one knows its lines.
    if (nesting > 0) return;
    const last = n === tokens.length - 1;
    const source = lines.slice(line, last ? undefined : end).join("\n");
    if (source.length < PART_UNITS && !last) return;
    const own = tokens.slice(first, n + 1);
    found.push(partOf(source, () => html(own, around)));
    [first, line] = [n + 1, end];
  });
  return found;
}

/** `around` holds the definitions of links, which may stand anywhere in the text. */
function html(blocks: Token[], around: Record<string, unknown>): string {
  const state = new markdown.core.State("", markdown, around);
  state.tokens = blocks;
  markdown.core.process(state);
  return markdown.renderer.render(blocks, markdown.options, around);
}

function partOf(source: string, html: () => string): Part {
  let fragment: DocumentFragment | undefined;
  return { source, fragment: () => (fragment ??= clean(html())).cloneNode(true) as DocumentFragment };
}

function clean(html: string): DocumentFragment {
  const fragment = DOMPurify.sanitize(html, CLEAN);
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  }
  for (const block of fragment.querySelectorAll("p, li, h1, h2, h3, h4, h5, h6, td, th, blockquote"))
    block.setAttribute("dir", "auto");
  for (const block of fragment.querySelectorAll("[tabindex]")) {
    block.setAttribute("role", "group");
    block.setAttribute("aria-label", block.localName === "pre" ? "code" : "table");
  }
  return fragment;
}
