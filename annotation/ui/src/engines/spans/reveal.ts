/** Scrolling a place of the text into view, clear of what sticks to the edges of the page. */

const LEAST = 12;

export function reveal(host: HTMLElement, range: Range | undefined, margin = LEAST): void {
  const rect = range?.getClientRects()[0];
  if (rect === undefined) return;
  const scroller = scrollerOf(host);
  const root = scroller === document.scrollingElement;
  const box = root ? { top: 0, bottom: window.innerHeight } : scroller.getBoundingClientRect();
  const style = getComputedStyle(scroller);
  const top = box.top + (parseFloat(style.scrollPaddingTop) || 0) + margin;
  const bottom = box.bottom - (parseFloat(style.scrollPaddingBottom) || 0) - margin;
  if (rect.top < top) scroller.scrollBy({ top: rect.top - top });
  else if (rect.bottom > bottom) scroller.scrollBy({ top: rect.bottom - bottom });
}

function scrollerOf(element: HTMLElement): Element {
  for (let at: HTMLElement | null = element; at !== null && at !== document.body; at = at.parentElement) {
    if (at.scrollHeight > at.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(at).overflowY))
      return at;
  }
  return document.scrollingElement ?? document.documentElement;
}
