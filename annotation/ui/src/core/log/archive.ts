/**
 * The one zip file that given members have: stored, sorted, without times or extra fields. As `audit/archive.py` has
 * it: every header is built anew and compared, so no byte of the file goes unexamined.
 */
import { joined, quoted, same, utf8 } from "./bytes";
import { Malformed } from "./errors";

export type Members = ReadonlyMap<string, Uint8Array>;

const MAX_MEMBERS = 65_535;
const MAX_NAME_BYTES = 120;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;
const LOCAL_BYTES = 30;
const [LOCAL_MARK, CENTRAL_MARK, END_MARK] = [0x04034b50, 0x02014b50, 0x06054b50];
const VERSION = 20;
const MADE_BY_UNIX = (3 << 8) | VERSION;
const FIRST_OF_1980 = (1 << 5) | 1;
const REGULAR_FILE = 0o100644 * 2 ** 16;

/** Return the members by name, in order, without copying them. */
export function readArchive(content: Uint8Array): Members {
  const members = new Map<string, Uint8Array>();
  const central: Uint8Array[] = [];
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  let last = "";
  let at = 0;
  while (at + 4 <= content.length && view.getUint32(at, true) === LOCAL_MARK) {
    const offset = at;
    if (content.length - at < LOCAL_BYTES) throw new Malformed("the archive ends inside a header");
    const crc = view.getUint32(at + 14, true);
    const size = view.getUint32(at + 22, true);
    const nameBytes = view.getUint16(at + 26, true);
    at += LOCAL_BYTES + nameBytes;
    const name = latin1(content.subarray(offset + LOCAL_BYTES, at));
    const member = content.subarray(at, at + size);
    at += size;
    if (at > content.length || name <= last)
      throw new Malformed("a member of the archive is cut off or out of order");
    if (crc32(member) !== crc) throw new Malformed(`member ${quoted(name)} does not have its checksum`);
    if (nameBytes > MAX_NAME_BYTES || !NAME.test(name) || name.endsWith("\n"))
      throw new Malformed(`not a member's name: ${quoted(name)}`);
    const header = localHeader(name, crc, size);
    if (!same(header, content.subarray(offset, offset + header.length)))
      throw new Malformed(`member ${quoted(name)} has another header than this layout gives it`);
    members.set(name, member);
    central.push(centralRecord(name, crc, size, offset));
    last = name;
  }
  if (central.length > MAX_MEMBERS) throw new Malformed("the archive is too large");
  const directory = joined(...central);
  if (!same(joined(directory, endRecord(central.length, directory.length, at)), content.subarray(at)))
    throw new Malformed("the archive's directory is not the one its members have");
  return members;
}

function latin1(content: Uint8Array): string {
  return String.fromCharCode(...content.subarray(0, 4096));
}

// A format is a row of (bytes, value).
function packed(fields: readonly (readonly [1 | 2 | 4, number])[], name = ""): Uint8Array {
  const length = fields.reduce((sum, [bytes]) => sum + bytes, 0);
  const record = new Uint8Array(length);
  const view = new DataView(record.buffer);
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return joined(record, utf8(name));
}

function localHeader(name: string, crc: number, size: number): Uint8Array {
  return packed(
    [[4, LOCAL_MARK], [2, VERSION], [2, 0], [2, 0], [2, 0], [2, FIRST_OF_1980],
     [4, crc], [4, size], [4, size], [2, name.length], [2, 0]], // prettier-ignore
    name,
  );
}

function centralRecord(name: string, crc: number, size: number, offset: number): Uint8Array {
  return packed(
    [[4, CENTRAL_MARK], [2, MADE_BY_UNIX], [2, VERSION], [2, 0], [2, 0], [2, 0], [2, FIRST_OF_1980],
     [4, crc], [4, size], [4, size], [2, name.length], [2, 0], [2, 0], [2, 0], [2, 0],
     [4, REGULAR_FILE], [4, offset]], // prettier-ignore
    name,
  );
}

function endRecord(members: number, directoryBytes: number, offset: number): Uint8Array {
  return packed([[4, END_MARK], [2, 0], [2, 0], [2, members], [2, members], [4, directoryBytes], [4, offset], [2, 0]]); // prettier-ignore
}

const CRC = Uint32Array.from({ length: 256 }, (_, value) => {
  let crc = value;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

export function crc32(content: Uint8Array): number {
  let crc = 0xffffffff;
  for (let at = 0; at < content.length; at += 1) crc = CRC[(crc ^ content[at]!) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
