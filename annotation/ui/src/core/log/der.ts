/** Reads DER (ITU-T X.690), as much as a time-stamp needs, and no other encoding. As `audit/timestamps/der.py` has it. */
import { toHex } from "./bytes";
import { Malformed } from "./errors";

export const [BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID] = [1, 2, 3, 4, 5, 6] as const;
export const [UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET] = [0x17, 0x18, 0x30, 0x31] as const;
const MOST_BYTES = 1 << 24;
const LONGEST_OID = 64;
// GeneralizedTime as RFC 3161, 2.4.2 restricts it.
const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{0,8}[1-9]))?Z$/;

/** The tag of a context-specific member, `[number]` in a grammar. */
export function context(number: number, constructed = true): number {
  return (constructed ? 0xa0 : 0x80) | number;
}

/** A moment in UTC: POSIX seconds, and microseconds beyond them. */
export type Moment = { seconds: number; micros: number };

/** One encoded value: its tag, its content, and the bytes of both as they stood. Each reading raises `Malformed`. */
export class Value {
  constructor(
    readonly tag: number,
    readonly content: Uint8Array,
    readonly encoded: Uint8Array,
  ) {}

  /** The values inside, to be taken in order. */
  members(): Members {
    return new Members(valuesIn(this.content));
  }

  /** The same of a SEQUENCE. */
  sequence(): Members {
    return new Members(valuesIn(this.of(SEQUENCE)));
  }

  /** The one value under an explicit tag. */
  inside(): Value {
    return parseDer(this.content);
  }

  /** An INTEGER; one that is longer than it needs to be is none. */
  integer(): bigint {
    const content = this.of(INTEGER);
    const [first, second] = content;
    if (
      first === undefined ||
      (second !== undefined && (first === 0 || first === 255) && first >> 7 === second >> 7)
    )
      throw new Malformed("a number is not in its one encoding");
    const number = BigInt(`0x${toHex(content)}`);
    return first & 0x80 ? number - (1n << BigInt(8 * content.length)) : number;
  }

  /** An OCTET STRING. */
  octets(): Uint8Array {
    return this.of(OCTETS);
  }

  /** A BIT STRING: its bytes, of whose last one `unused` bits are none of it. */
  bits(): { bytes: Uint8Array; unused: number } {
    const [unused, ...rest] = this.of(BITS).subarray(0, 2);
    const bytes = this.content.subarray(1);
    const last = bytes.at(-1) ?? 0;
    if (unused === undefined || unused > 7 || (unused > 0 && rest.length === 0) || last & ((1 << unused) - 1))
      throw new Malformed("bits are not in their one encoding");
    return { bytes, unused };
  }

  /** A BOOLEAN. */
  boolean(): boolean {
    const content = this.of(BOOLEAN);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
      throw new Malformed("a truth value is not in its one encoding");
    return content[0] !== 0;
  }

  /** An OBJECT IDENTIFIER with dots. */
  oid(): string {
    const numbers: bigint[] = [];
    let number = 0n;
    let begun = false;
    // Nothing so long is known by its number, which takes a square of its length to find.
    const known = this.of(OID).length <= LONGEST_OID;
    for (const byte of this.content) {
      if (!begun && byte === 0x80) throw new Malformed("an object identifier is not in its one encoding");
      if (known) number = (number << 7n) | BigInt(byte & 0x7f);
      begun = true;
      if (byte & 0x80) continue;
      numbers.push(number);
      number = 0n;
      begun = false;
    }
    const [joint, ...rest] = numbers;
    if (begun || joint === undefined) throw new Malformed("an object identifier is cut off");
    const first = joint < 80n ? joint / 40n : 2n;
    return known ? [first, joint - 40n * first, ...rest].join(".") : toHex(this.content);
  }

  /** A GeneralizedTime in UTC. */
  time(): Moment {
    const found = TIME.exec(latin1(this.of(GENERALIZED_TIME)));
    if (!found) throw new Malformed("a time is not in its one encoding");
    const [, year, month, day, hour, minute, second, rest] = found;
    const micros = Number((rest ?? "").padEnd(6, "0").slice(0, 6));
    return { seconds: secondsOf(`${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`), micros };
  }

  private of(tag: number): Uint8Array {
    if (this.tag !== tag) throw new Malformed("a value of DER is of another kind than it should be");
    return this.content;
  }
}

/** The values of a sequence, taken one after the other: what is left in the end does not belong. */
export class Members {
  constructor(private values: Value[]) {}

  /** The next value, which has this tag. Raises `Malformed`. */
  take(tag: number): Value {
    const found = this.takeIf(tag);
    if (!found) throw new Malformed("a value is missing, or of another kind than it should be");
    return found;
  }

  /** The next value if it has this tag. */
  takeIf(tag: number): Value | null {
    const [next] = this.values;
    if (next?.tag !== tag) return null;
    this.values = this.values.slice(1);
    return next;
  }

  /** All that is left. */
  rest(): Value[] {
    const { values } = this;
    this.values = [];
    return values;
  }

  /** Raises `Malformed` if anything is left. */
  end(): void {
    if (this.values.length > 0) throw new Malformed("there is more in a value than belongs there");
  }
}

/** Return the one value that `data` is. Raises `Malformed` for anything else, and for any other encoding of it. */
export function parseDer(data: Uint8Array): Value {
  const [found, ...more] = valuesIn(data);
  if (!found || more.length > 0) throw new Malformed("not one DER value");
  return found;
}

function valuesIn(data: Uint8Array): Value[] {
  const found: Value[] = [];
  let at = 0;
  while (at < data.length) {
    const tag = data[at]!;
    let start = at + 2;
    let length = data[at + 1];
    if ((tag & 0x1f) === 0x1f || length === undefined)
      throw new Malformed("a tag of DER is not known here, or is cut off");
    if (length & 0x80) {
      const count = length & 0x7f;
      start += count;
      length = 0;
      for (const byte of data.subarray(at + 2, Math.min(start, at + 5))) length = length * 256 + byte;
      // Indefinite, longer than it needs to be, or beyond anything that is read here.
      if (!count || count > 3 || start > data.length || length < 0x80 || length < 256 ** (count - 1))
        throw new Malformed("a length of DER is not in its one encoding");
    }
    const end = start + length;
    if (end > data.length || length > MOST_BYTES) throw new Malformed("a value of DER is cut off");
    found.push(new Value(tag, data.subarray(start, end), data.subarray(at, end)));
    at = end;
  }
  return found;
}

/** POSIX seconds of `YYYY-MM-DDTHH:MM:SS.000Z`. Raises `Malformed` for a day or an hour that does not exist. */
export function secondsOf(iso: string): number {
  const time = new Date(iso);
  // A browser takes the 31st of February for the 3rd of March.
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso || iso.startsWith("0000"))
    throw new Malformed("there is no such time");
  return time.getTime() / 1000;
}

/** Write a moment as Python's `isoformat` does, with a space and a Z. */
export function writtenMoment({ seconds, micros }: Moment): string {
  const [whole] = new Date(seconds * 1000).toISOString().replace("T", " ").split(".");
  return `${whole}${micros > 0 ? `.${String(micros).padStart(6, "0")}` : ""}Z`;
}

export function latin1(content: Uint8Array): string {
  let text = "";
  for (let at = 0; at < content.length; at += 8192)
    text += String.fromCharCode(...content.subarray(at, at + 8192));
  return text;
}
