/** Where words and characters (as people count them) begin and end, in UTF-16 units. Pure. */

export type Stretch = { readonly from: number; readonly to: number };

const SPACE = /\s/u;

/** Words and grapheme clusters of one text; nothing is copied but what Intl.Segmenter keeps. */
export class Words {
  private readonly words: Intl.Segments;
  private readonly characters: Intl.Segments;

  constructor(
    private readonly text: string,
    locale?: string,
  ) {
    this.words = new Intl.Segmenter(locale, { granularity: "word" }).segment(text);
    this.characters = new Intl.Segmenter(locale, { granularity: "grapheme" }).segment(text);
  }

  /** The word, sign or emoji at `at`; undefined on white space and outside the text. */
  at(at: number): Stretch | undefined {
    const found = this.words.containing(at);
    if (found === undefined || found.segment.trim() === "") return undefined;
    return { from: found.index, to: found.index + found.segment.length };
  }

  /** The first word that begins at `at` or later. */
  after(at: number): Stretch | undefined {
    for (let place = Math.max(at, 0); place < this.text.length;) {
      const found = this.words.containing(place)!;
      const stretch = { from: found.index, to: found.index + found.segment.length };
      if (stretch.from >= at && found.segment.trim() !== "") return stretch;
      place = stretch.to;
    }
    return undefined;
  }

  /** The last word that ends at `at` or earlier. */
  before(at: number): Stretch | undefined {
    for (let place = Math.min(at, this.text.length) - 1; place >= 0;) {
      const found = this.words.containing(place)!;
      const stretch = { from: found.index, to: found.index + found.segment.length };
      if (stretch.to <= at && found.segment.trim() !== "") return stretch;
      place = stretch.from - 1;
    }
    return undefined;
  }

  /** The word at `at`, else the nearest one. */
  near(at: number): Stretch | undefined {
    return this.at(at) ?? this.before(at) ?? this.after(at);
  }

  /** The end of the character that begins at or goes on over `at`. */
  characterEnd(at: number): number {
    const found = this.characters.containing(at);
    return found === undefined ? this.text.length : found.index + found.segment.length;
  }

  /** The beginning of the character before `at`. */
  characterStart(at: number): number {
    return at <= 0 ? 0 : this.characters.containing(at - 1)!.index;
  }

  /**
   * What somebody means who drags over `from..to`: whole characters, without white space at the ends.
   * A stretch of white space alone stays as it is.
   */
  meant(from: number, to: number): Stretch {
    let first = from > 0 && from < this.text.length ? this.characters.containing(from)!.index : from;
    let last = to > 0 && to < this.text.length ? this.characterEnd(to - 1) : to;
    const whole = { from: first, to: last };
    while (first < last && SPACE.test(this.text[first]!)) first += 1;
    while (last > first && SPACE.test(this.text[last - 1]!)) last -= 1;
    return first < last ? { from: first, to: last } : whole;
  }
}
