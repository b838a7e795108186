/** Says whether this browser computes as the formats demand, before anything is judged by it. */
import { same, toHex, utf8 } from "./bytes";
import { Cannot } from "./errors";
import { openNote, parseVkey } from "./notes";
import { hmac, sha256 } from "./sha256";

// The example of c2sp.org/signed-note.
const VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const NOTE = `This is an example message.

\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;

let sound: Promise<void> | null = null;

/** Return if SHA-256, HMAC and Ed25519 give the known answers, asked once; raises `Cannot`. */
export function requireSound(): Promise<void> {
  return (sound ??= ask());
}

async function ask(): Promise<void> {
  if (!globalThis.crypto?.subtle)
    throw new Cannot("this browser gives the page no cryptography; open the file itself, or over HTTPS");
  for (const length of [0, 3, 55, 56, 63, 64, 65, 119, 120, 1000]) {
    const text = new Uint8Array(length).map((_, at) => at * 7);
    const theirs = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
    if (!same(sha256(text), theirs)) throw new Cannot("this browser computes SHA-256 in two ways");
  }
  // RFC 4231, test case 2.
  const known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  if (toHex(hmac(utf8("Jefe"), utf8("what do ya want for nothing?"))) !== known)
    throw new Cannot("this browser computes HMAC wrongly");
  const vkey = parseVkey(VKEY);
  await openNote(utf8(NOTE), [vkey]);
  let refused = false;
  try {
    await openNote(utf8(NOTE.replace("example message", "example massage")), [vkey]);
  } catch {
    refused = true;
  }
  if (!refused) throw new Cannot("this browser accepts a wrong signature");
}
