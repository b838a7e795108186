/**
 * Code points and UTF-16. Offsets on the wire count Unicode code points of the text as stored, as Python's `str`
 * does; the browser counts UTF-16 units. A lone surrogate is one code point on both sides. Nothing here changes a text.
 */

function isPair(text: string, unit: number): boolean {
  const high = text.charCodeAt(unit);
  if (high < 0xd800 || high > 0xdbff) return false;
  const low = text.charCodeAt(unit + 1);
  return low >= 0xdc00 && low <= 0xdfff;
}

/** How many code points `text` has. */
export function codePoints(text: string): number {
  return toCodePoint(text, text.length);
}

/** The code point offset of a UTF-16 offset; an offset inside a pair counts as the pair's start. */
export function toCodePoint(text: string, unit: number): number {
  let points = 0;
  for (let at = 0; at < unit; points++) {
    const step = isPair(text, at) ? 2 : 1;
    if (at + step > unit) break;
    at += step;
  }
  return points;
}

/** The UTF-16 offset of a code point offset; beyond the end it is the text's length. */
export function toUnit(text: string, point: number): number {
  let unit = 0;
  for (let n = 0; n < point && unit < text.length; n++) unit += isPair(text, unit) ? 2 : 1;
  return unit;
}

/** What stands between two code point offsets. */
export function slicePoints(text: string, start: number, end: number): string {
  return text.slice(toUnit(text, start), toUnit(text, end));
}

const STRIDE = 256;

/** Both conversions for one text in constant time: an index every 256 code points. */
export class TextMap {
  readonly points: number;
  private readonly marks: number[] = [0];

  constructor(readonly text: string) {
    let unit = 0;
    let points = 0;
    while (unit < text.length) {
      unit += isPair(text, unit) ? 2 : 1;
      points++;
      if (points % STRIDE === 0) this.marks.push(unit);
    }
    this.points = points;
  }

  unit(point: number): number {
    if (point >= this.points) return this.text.length;
    const mark = Math.floor(point / STRIDE);
    let unit = this.marks[mark] ?? 0;
    for (let n = mark * STRIDE; n < point; n++) unit += isPair(this.text, unit) ? 2 : 1;
    return unit;
  }

  point(unit: number): number {
    let low = 0;
    let high = this.marks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.marks[middle] ?? 0) <= unit) low = middle;
      else high = middle - 1;
    }
    let at = this.marks[low] ?? 0;
    let points = low * STRIDE;
    while (at < unit) {
      const step = isPair(this.text, at) ? 2 : 1;
      if (at + step > unit) break;
      at += step;
      points++;
    }
    return points;
  }

  slice(start: number, end: number): string {
    return this.text.slice(this.unit(start), this.unit(end));
  }
}
