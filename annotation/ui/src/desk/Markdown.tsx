/** Guidelines and agreements: Markdown, rendered by a chunk of its own. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";

type Render = (text: string) => DocumentFragment;

export function Markdown({ text, find = "" }: { text: string; find?: string }) {
  const host = useRef<HTMLDivElement>(null);
  const [render, setRender] = useState<Render | null>(null);
  useLayoutEffect(() => {
    void import("../engines/markdown/render").then((loaded) => setRender(() => loaded.render));
  }, []);
  useLayoutEffect(() => {
    if (!host.current || !render) return;
    host.current.replaceChildren(render(text));
    sift(host.current, find.trim().toLowerCase());
  }, [text, find, render]);
  return <div class="prose" ref={host} />;
}

/** Hide the blocks that do not hold the words looked for; headings stay while something below them does. */
function sift(host: HTMLElement, words: string): void {
  let heading: Element | null = null;
  for (const block of host.children) {
    const found = !words || (block.textContent ?? "").toLowerCase().includes(words);
    block.toggleAttribute("hidden", !found);
    if (/^H[1-6]$/.test(block.tagName)) heading = block;
    else if (found && heading) heading.removeAttribute("hidden");
  }
}
