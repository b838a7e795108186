/** Headings of a Markdown text, and which of them is about a name. */

/** In plain words, in order; lines of code are none. */
export function headingsOf(markdown: string): string[] {
  const found: string[] = [];
  let fence = "";
  let before = "";
  for (const line of markdown.split(/\r\n?|\n/)) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? "";
    if (fence) {
      if (mark.startsWith(fence)) fence = "";
      before = "";
      continue;
    }
    fence = mark;
    const heading = /^ {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$/.exec(line)?.[1];
    if (heading !== undefined) found.push(plain(heading));
    else if (before && /^ {0,3}(?:=+|-+)[ \t]*$/.test(line)) found.push(plain(before));
    before = heading !== undefined || mark || /^(?: {4}|\t)/.test(line) ? "" : line.trim();
  }
  return found.filter(Boolean);
}

/** Whether a heading bears a name: it is the name, or begins with it and goes on after a mark ("Person: who counts"). */
export function bears(heading: string, name: string): boolean {
  const [whole, wanted] = [plain(heading).toLowerCase(), plain(name).toLowerCase()];
  if (!wanted || !whole.startsWith(wanted)) return false;
  return /^(?:$|\s*[:;,(–—]|\s+-)/.test(whole.slice(wanted.length));
}

function plain(text: string): string {
  return text
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[*_`~\\]/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
