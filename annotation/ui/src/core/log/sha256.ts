/**
 * SHA-256 and HMAC without waiting: WebCrypto answers each of a million hashes with a promise of its own. `checked`
 * in `selftest.ts` holds it against WebCrypto before anything is judged. Source: FIPS 180-4 section 6.2; RFC 2104.
 */
const K = new Uint32Array(64);
const START = new Uint32Array(8);

// The first 32 bits of the fractional parts of the cube and square roots of the first primes.
function fill(): void {
  const fraction = (value: number): number => Math.floor((value - Math.floor(value)) * 2 ** 32);
  for (let candidate = 2, found = 0; found < 64; candidate += 1) {
    let prime = true;
    for (let by = 2; by * by <= candidate; by += 1) if (candidate % by === 0) prime = false;
    if (!prime) continue;
    if (found < 8) START[found] = fraction(Math.sqrt(candidate));
    K[found] = fraction(Math.cbrt(candidate));
    found += 1;
  }
}
fill();

const W = new Uint32Array(64);

function compress(state: Uint32Array, block: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i += 1) {
    const j = at + i * 4;
    W[i] = (block[j]! << 24) | (block[j + 1]! << 16) | (block[j + 2]! << 8) | block[j + 3]!;
  }
  for (let i = 16; i < 64; i += 1) {
    const x = W[i - 15]!;
    const y = W[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    W[i] = W[i - 16]! + s0 + W[i - 7]! + s1;
  }
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!; // prettier-ignore
  let e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!; // prettier-ignore
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + W[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

/** Hash the parts as one text. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const state = START.slice();
  const block = new Uint8Array(64);
  let held = 0;
  let length = 0;
  for (const part of parts) {
    length += part.length;
    let at = 0;
    while (at < part.length) {
      if (held === 0 && part.length - at >= 64) {
        compress(state, part, at);
        at += 64;
        continue;
      }
      const taken = Math.min(64 - held, part.length - at);
      block.set(part.subarray(at, at + taken), held);
      held += taken;
      at += taken;
      if (held === 64) {
        compress(state, block, 0);
        held = 0;
      }
    }
  }
  block[held] = 0x80;
  block.fill(0, held + 1);
  if (held >= 56) {
    compress(state, block, 0);
    block.fill(0);
  }
  const view = new DataView(block.buffer);
  view.setUint32(56, Math.floor(length / 2 ** 29));
  view.setUint32(60, (length << 3) >>> 0);
  compress(state, block, 0);
  const hash = new Uint8Array(32);
  const out = new DataView(hash.buffer);
  state.forEach((word, at) => out.setUint32(at * 4, word));
  return hash;
}

/** HMAC-SHA-256 with a key of at most 64 bytes. */
export function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const inner = new Uint8Array(64).fill(0x36);
  const outer = new Uint8Array(64).fill(0x5c);
  key.forEach((byte, at) => {
    inner[at]! ^= byte;
    outer[at]! ^= byte;
  });
  return sha256(outer, sha256(inner, ...parts));
}
