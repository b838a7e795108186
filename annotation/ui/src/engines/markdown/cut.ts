/** Long texts: how much is shown at first, and where it is cut. Pure. */

/** Beyond this a text is cut, with the rest a button away. */
export const SHOWN_UNITS = 50_000;
/** Beyond this the whole is shown as it was written, not as Markdown. */
export const RENDERED_UNITS = 400_000;

/** The beginning of `text` that is shown at first: whole lines if possible, never half a character. */
export function beginning(text: string, most = SHOWN_UNITS): string {
  if (text.length <= most) return text;
  const line = text.lastIndexOf("\n", most);
  if (line > most * 0.8) return text.slice(0, line + 1);
  const high = text.charCodeAt(most - 1);
  return text.slice(0, high >= 0xd800 && high <= 0xdbff ? most - 1 : most);
}

/** `text` in parts of about `size`, cut after line feeds where there are any: what a page can lay out by turns. */
export function partsOf(text: string, size = 4_000): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    const feed = text.indexOf("\n", Math.min(at + size, text.length));
    const end = feed < 0 ? text.length : feed + 1;
    parts.push(text.slice(at, end));
    at = end;
  }
  return parts;
}
