// @ts-expect-error: no types of Node here
import { createHash, createSign, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openAnswer } from "../src/core/log/answers";
import { toHex, utf8 } from "../src/core/log/bytes";
import { looksTrusted, readCertificate, readTrusted } from "../src/core/log/certificates";
import type { Value } from "../src/core/log/der";
import { parseDer, secondsOf, writtenMoment } from "../src/core/log/der";
import { Malformed, Refused } from "../src/core/log/errors";
import * as extensions from "../src/core/log/extensions";
import { nameInWords, nameKey } from "../src/core/log/names";
import { holds, rawOf, readKey } from "../src/core/log/signatures";
import { judgeSuccession } from "../src/core/log/succession";

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** Numbers that are the same at each run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Values inside values, with lengths that are right, so that a reader comes far. */
function grown(next: (below: number) => number, depth: number): number[] {
  const tags = [
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x17, 0x18, 0x1e, 0x30, 0x31, 0x80, 0xa0, 0xa3,
  ];
  const tag = tags[next(tags.length)]!;
  const content: number[] = [];
  if (tag & 0x20 && depth > 0)
    for (let count = next(5); count > 0; count -= 1) content.push(...grown(next, depth - 1));
  else for (let count = next(12); count > 0; count -= 1) content.push(next(256));
  const { length } = content;
  const written = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return [tag, ...written, ...content];
}

function readAll(value: Value): void {
  for (const reading of [
    () => value.integer(),
    () => value.octets(),
    () => value.bits(),
    () => value.boolean(),
    () => value.oid(),
    () => value.time(),
    () => value.inside(),
    () => value.members().take(2),
    () => value.members().end(),
    () => nameInWords(value.encoded),
    () => nameKey(value.encoded),
    () => readKey(value.encoded),
    () => readCertificate(value.encoded),
    () => extensions.readConstraints(value.encoded),
    () => extensions.usageIn(value.encoded)(8),
    () => extensions.purposesIn(value.encoded),
    () => extensions.issuersKeyIn(value.encoded),
    () => extensions.countNames(value.encoded),
    () => extensions.requireNameConstraints(value.encoded),
  ])
    try {
      reading();
    } catch (reason) {
      if (!(reason instanceof Refused)) throw reason;
    }
  let inner: Value[] = [];
  try {
    inner = value.members().rest();
  } catch (reason) {
    expect(reason).toBeInstanceOf(Malformed);
  }
  for (const each of inner) readAll(each);
}

describe("DER", () => {
  it("is read, or refused in one way, whatever the bytes are", async () => {
    const next = chance(7);
    let taken = 0;
    for (let round = 0; round < 4_000; round += 1) {
      const data = Uint8Array.from(
        round % 2 ? grown(next, 5) : Array.from({ length: next(60) }, () => next(256)),
      );
      if (round % 3 === 0 && data.length > 0) data[next(data.length)]! ^= 1 << next(8);
      try {
        readAll(parseDer(data));
        taken += 1;
      } catch (reason) {
        expect(reason).toBeInstanceOf(Malformed);
      }
      expect(rawOf(data, 32)?.length ?? 64).toBe(64);
      if (round % 8 === 0) {
        await expect(openAnswer(data, utf8("note"))).rejects.toBeInstanceOf(Refused);
        await expect(judgeSuccession(data, null)).rejects.toBeInstanceOf(Refused);
        expect(() => readTrusted(data)).toThrow(Malformed);
      }
    }
    expect(taken).toBeGreaterThan(1_000);
  });

  it("takes no time for what is made to take some", () => {
    const nested = new Uint8Array(60_000).fill(0x30);
    expect(() => parseDer(nested)).toThrow(Malformed);
    const endless = new Uint8Array(60_004).fill(0xff);
    endless.set([0x06, 0x82, 0xea, 0x60]);
    expect(() => parseDer(endless).oid()).toThrow(Malformed);
    endless[0] = 0x02;
    endless[4] = 0x7f;
    expect(parseDer(endless).integer()).toBeGreaterThan(2n ** 400_000n);
    const many = new Uint8Array(60_004);
    many.set([0x30, 0x82, 0xea, 0x60]);
    expect(() => parseDer(many).members().take(2)).toThrow(Malformed);
    expect(looksTrusted(new Uint8Array(9_000_000).fill(0x2d))).toBe(false);
    expect(() => readTrusted(new Uint8Array(1_000_000).fill(0x2d))).toThrow(Malformed);
    expect(() => readTrusted(utf8("-----BEGIN A-----\n".repeat(2_000)))).toThrow(Malformed);
  });

  it("has one encoding", () => {
    // prettier-ignore
    for (const wrong of ["", "02", "0201", "020201", "02010100", "02810101", "30800000", "0282000101", "1f0100", "028400000001 01".replace(" ", ""), "30820080" + "00".repeat(128)])
      expect(() => parseDer(bytes(wrong)), wrong).toThrow(Malformed);
    expect(["020100", "02017f", "02020080", "0201ff", "020180"].map((each) => parseDer(bytes(each)).integer())).toEqual([0n, 127n, 128n, -1n, -128n]); // prettier-ignore
    for (const wrong of ["0200", "02020001", "0202ffff", "02020000"])
      expect(() => parseDer(bytes(wrong)).integer()).toThrow(Malformed);
    expect(parseDer(bytes("0609608648016503040201")).oid()).toBe("2.16.840.1.101.3.4.2.1");
    expect(parseDer(bytes("06022a03")).oid()).toBe("1.2.3");
    for (const wrong of ["0600", "06028001", "06022a86"])
      expect(() => parseDer(bytes(wrong)).oid()).toThrow(Malformed);
    for (const wrong of ["0300", "030101", "03020780ff", "03020101", "03020880"])
      expect(() => parseDer(bytes(wrong)).bits()).toThrow(Malformed);
    for (const wrong of ["0100", "010101", "01020000"])
      expect(() => parseDer(bytes(wrong)).boolean()).toThrow(Malformed);
  });

  it("writes times as Python does, and knows which there are", () => {
    const time = (text: string): string => writtenMoment(parseDer(Uint8Array.from([0x18, text.length, ...utf8(text)])).time()); // prettier-ignore
    expect(time("20260301120005Z")).toBe("2026-03-01 12:00:05Z");
    expect(time("20260301120005.25Z")).toBe("2026-03-01 12:00:05.250000Z");
    expect(time("20260301120005.0000001Z")).toBe("2026-03-01 12:00:05Z");
    expect(time("00010101000000Z")).toBe("0001-01-01 00:00:00Z");
    // prettier-ignore
    for (const wrong of ["20260301120005", "20260301120005+0100", "20260301120005.0Z", "20260301120005.50Z", "20260231120005Z", "2026030112005Z", "00000301120005Z", "20260301240000Z", "20260301120060Z", "20261301120000Z"])
      expect(() => time(wrong), wrong).toThrow(Malformed);
    expect(secondsOf("1970-01-01T00:00:01.000Z")).toBe(1);
  });
});

describe("names", () => {
  const name = (...parts: [string, number, string][]): Uint8Array => {
    const tagged = (tag: number, content: string): string => `${tag.toString(16).padStart(2, "0")}${(content.length / 2).toString(16).padStart(2, "0")}${content}`; // prettier-ignore
    const sets = parts.map(([id, tag, text]) => tagged(0x31, tagged(0x30, tagged(6, id) + tagged(tag, toHex(utf8(text)))))); // prettier-ignore
    return bytes(tagged(0x30, sets.join("")));
  };

  it("are written with what has a meaning escaped, the last part first", () => {
    const found = nameInWords(
      name(["550406", 19, "DE"], ["55040a", 12, 'A, "B"'], ["550403", 12, " #\u0000 "]),
    );
    expect(found).toBe('CN=\\ #\\00\\ ,O=A\\, \\"B\\",C=DE');
  });

  it("are the same in another kind of text", () => {
    const [one, other] = [name(["550403", 12, "T"]), name(["550403", 19, "T"])];
    expect(nameKey(one)).toBe(nameKey(other));
    expect(nameKey(one)).not.toBe(nameKey(name(["550403", 12, "t"])));
  });
});

describe("signatures", () => {
  const text = utf8("what is signed");
  const spki = (key: { export: (how: object) => Uint8Array }): Uint8Array =>
    new Uint8Array(key.export({ type: "spki", format: "der" }));

  it.each([["prime256v1", 32], ["secp384r1", 48], ["secp521r1", 66]] as const)("on %s hold as another implementation makes them, and no other", async (namedCurve, size) => {
      const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve });
      const key = readKey(spki(publicKey));
      for (const hash of ["sha256", "sha384", "sha512"] as const)
        for (let round = 0; round < 6; round += 1) {
          const made = new Uint8Array(createSign(hash).update(text).sign(privateKey));
          expect(rawOf(made, size)?.length).toBe(2 * size);
          expect(await holds(key, { kind: "ecdsa", hash }, made, text)).toBe(true);
          made[made.length - 1]! ^= 1;
          expect(await holds(key, { kind: "ecdsa", hash }, made, text)).toBe(false);
          expect(await holds(key, { kind: "rsa", hash }, made, text)).toBe(false);
        }
    }); // prettier-ignore

  it("by RSA hold in both ways of filling up", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const key = readKey(spki(publicKey));
    for (const hash of ["sha256", "sha384", "sha512"] as const) {
      const plain = new Uint8Array(sign(hash, text, privateKey));
      const saltLength = createHash(hash).digest().length;
      const pss = new Uint8Array(sign(hash, text, { key: privateKey, padding: 6, saltLength }));
      expect(await holds(key, { kind: "rsa", hash }, plain, text)).toBe(true);
      expect(await holds(key, { kind: "pss", hash }, pss, text)).toBe(true);
      expect(await holds(key, { kind: "pss", hash }, plain, text)).toBe(false);
      expect(await holds(key, { kind: "rsa", hash }, plain.subarray(1), text)).toBe(false);
      expect(await holds(key, { kind: "rsa", hash }, plain, utf8("what was signed"))).toBe(false);
    }
  });
});
