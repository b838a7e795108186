/** Scrolling a place of the text into view, clear of what sticks to the edges of the page. */

const LEAST = 12;

/** How far which element has to be scrolled for `range` to be seen. Reads the layout, changes nothing. */
export function distance(
  host: HTMLElement,
  range: Range | undefined,
  margin = LEAST,
): { scroller: Element; top: number } | undefined {
  const rect = range?.getClientRects()[0];
  if (rect === undefined) return undefined;
  const scroller = scrollerOf(host);
  const root = scroller === document.scrollingElement;
  const box = root ? { top: 0, bottom: window.innerHeight } : scroller.getBoundingClientRect();
  const style = getComputedStyle(scroller);
  const top = box.top + (parseFloat(style.scrollPaddingTop) || 0) + margin;
  const bottom = box.bottom - (parseFloat(style.scrollPaddingBottom) || 0) - margin;
  if (rect.top < top) return { scroller, top: rect.top - top };
  return rect.bottom > bottom ? { scroller, top: rect.bottom - bottom } : undefined;
}

export function reveal(host: HTMLElement, range: Range | undefined, margin = LEAST): void {
  const away = distance(host, range, margin);
  away?.scroller.scrollBy({ top: away.top });
}

function scrollerOf(element: HTMLElement): Element {
  for (let at: HTMLElement | null = element; at !== null && at !== document.body; at = at.parentElement) {
    if (at.scrollHeight > at.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(at).overflowY))
      return at;
  }
  return document.scrollingElement ?? document.documentElement;
}
