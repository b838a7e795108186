/**
 * Dragging by pointer (mouse, pen, finger): a thing follows the pointer and is let go over a place, or nowhere.
 *
 * Always a second way: whatever is dragged can be done by buttons and keys too. Places carry `data-drop`; the one
 * under the pointer carries `data-over` meanwhile. Escape, or a pointer that the browser takes away, changes nothing.
 */

/** Below this many pixels it is a press, not a drag. */
const LEAST = 4;

/** Drag `thing` from where `event` pressed it. `onDrop` gets the place's `data-drop`, or null for nowhere. */
export function drag(
  event: PointerEvent,
  thing: HTMLElement,
  host: HTMLElement,
  onDrop: (place: string | null) => void,
): void {
  if (event.button !== 0 || !event.isPrimary) return;
  const stop = new AbortController();
  const { signal } = stop;
  const page = thing.ownerDocument;
  let over: HTMLElement | null = null;
  let moving = false;

  const point = (place: HTMLElement | null) => {
    if (place === over) return;
    over?.removeAttribute("data-over");
    place?.setAttribute("data-over", "");
    over = place;
  };
  const end = () => {
    stop.abort();
    point(null);
    thing.removeAttribute("data-dragged");
    thing.style.transform = "";
  };
  const under = (x: number, y: number) => {
    for (const element of page.elementsFromPoint(x, y)) {
      // Under the pointer is what is dragged, which still belongs to the place that it came from.
      const place = thing.contains(element) ? null : element.closest<HTMLElement>("[data-drop]");
      if (place !== null && host.contains(place)) return place;
    }
    return null;
  };

  thing.setPointerCapture(event.pointerId);
  thing.addEventListener(
    "pointermove",
    ({ clientX, clientY }) => {
      const [x, y] = [clientX - event.clientX, clientY - event.clientY];
      if (!moving && Math.hypot(x, y) < LEAST) return;
      moving = true;
      thing.setAttribute("data-dragged", "");
      thing.style.transform = `translate(${x}px, ${y}px)`;
      point(under(clientX, clientY));
    },
    { signal },
  );
  thing.addEventListener(
    "pointerup",
    ({ clientX, clientY }) => {
      const place = moving ? under(clientX, clientY) : null;
      end();
      if (moving) onDrop(place?.dataset.drop ?? null);
    },
    { signal },
  );
  thing.addEventListener("pointercancel", end, { signal });
  page.addEventListener(
    "keydown",
    (key) => {
      if (key.key !== "Escape") return;
      key.preventDefault();
      key.stopPropagation();
      end();
    },
    { signal, capture: true },
  );
}
