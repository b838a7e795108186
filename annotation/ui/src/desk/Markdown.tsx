/** Guidelines and agreements: Markdown, rendered by a chunk of its own. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";

type Render = (text: string) => DocumentFragment;

/** `onDrawn` is told each time that the text has come onto the page. */
export function Markdown({ text, onDrawn }: { text: string; onDrawn?: (host: HTMLElement) => void }) {
  const host = useRef<HTMLDivElement>(null);
  const [render, setRender] = useState<Render | null>(null);
  useLayoutEffect(() => {
    void import("../engines/markdown/render").then((loaded) => setRender(() => loaded.render));
  }, []);
  useLayoutEffect(() => {
    if (!host.current || !render) return;
    host.current.replaceChildren(render(text));
    onDrawn?.(host.current);
  }, [text, render]);
  return <div class="prose" ref={host} />;
}
