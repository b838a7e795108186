/**
 * Work that is put off until its place comes near the screen.
 *
 * What is there when a task appears is done before it is painted, so that nothing moves: all places of one turn
 * are measured together, then changed together, which lays the page out once and not once for each.
 */

type Waiting = { readonly place: Element; readonly run: () => void };

const MARGIN = "1200px";
const waiting = new Map<Element, Waiting>();
let fresh: Waiting[] = [];
let watch: IntersectionObserver | undefined;

/** Call `run` once, when `place` is near the screen. What comes back takes it off the list. */
export function whenNear(place: Element, run: () => void): () => void {
  const one = { place, run };
  waiting.set(place, one);
  if (fresh.length === 0) queueMicrotask(measure);
  fresh.push(one);
  return () => {
    if (waiting.get(place) !== one) return;
    waiting.delete(place);
    watch?.unobserve(place);
  };
}

function measure(): void {
  const limit = innerHeight * 2;
  const tops = fresh.map(({ place }) => boxOf(place).getBoundingClientRect().top);
  const [now, later] = [[] as Waiting[], [] as Waiting[]];
  fresh.forEach((one, n) => (tops[n]! < limit ? now : later).push(one));
  fresh = [];
  now.forEach(done);
  watch ??= new IntersectionObserver(seen, { rootMargin: MARGIN });
  for (const { place } of later) if (waiting.has(place)) watch.observe(place);
}

/** To measure inside what the browser leaves out would make it lay that out. */
function boxOf(place: Element): Element {
  return place.closest(".message") ?? place;
}

function seen(entries: readonly IntersectionObserverEntry[]): void {
  for (const { isIntersecting, target } of entries) {
    const one = isIntersecting ? waiting.get(target) : undefined;
    if (one) done(one);
  }
}

function done(one: Waiting): void {
  if (waiting.get(one.place) !== one) return;
  waiting.delete(one.place);
  watch?.unobserve(one.place);
  one.run();
}
