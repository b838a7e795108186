"""Interoperation: Node's WebCrypto builds RF1 from its description alone, and the bytes are identical."""

import json
import shutil
import subprocess
from uuid import UUID

import pytest

from ringfence.crypto import envelope
from ringfence.crypto.envelope import Binding

NODE = shutil.which("node")
PROGRAM = """
const subtle = globalThis.crypto.subtle;
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const unhex = (text) => Buffer.from(text, "hex");
const ascii = (text) => Buffer.from(text, "latin1");

async function expand(key, info) {
  const mac = await subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-512" }, false, ["sign"]);
  const sign = async (data) => Buffer.from(await subtle.sign("HMAC", mac, data));
  const first = await sign(Buffer.concat([info, Buffer.from([1])]));
  const second = await sign(Buffer.concat([first, info, Buffer.from([2])]));
  return Buffer.concat([first, second]);
}

function contextOf(dekId, place) {
  const version = Buffer.alloc(8);
  version.writeBigUInt64BE(BigInt(place.version));
  const fields = [unhex(place.tenant), ascii(place.purpose), ascii(place.table), ascii(place.column),
    unhex(place.row), version];
  const parts = [ascii("RF1"), Buffer.from([1]), dekId, ascii("RF1ctx"), Buffer.from([fields.length])];
  for (const field of fields) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(field.length);
    parts.push(length, field);
  }
  return Buffer.concat(parts);
}

async function keysOf(key, dekId, place, salt) {
  const label = ascii("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\\0");
  const okm = await expand(key, Buffer.concat([label, salt, contextOf(dekId, place)]));
  const aes = await subtle.importKey("raw", okm.subarray(0, 32), "AES-GCM", false, ["encrypt", "decrypt"]);
  const nonce = (index) => {
    const iv = Buffer.from(okm.subarray(32, 44));
    iv.writeUInt32BE((iv.readUInt32BE(8) ^ index) >>> 0, 8);
    return { name: "AES-GCM", iv, tagLength: 128 };
  };
  return { aes, nonce, commitment: okm.subarray(44, 76) };
}

async function seal(key, dekId, place, salt, plaintext) {
  const { aes, nonce, commitment } = await keysOf(key, dekId, place, salt);
  const parts = [ascii("RF1"), Buffer.from([1]), dekId, salt, commitment];
  for (let index = 0; index <= Math.floor(plaintext.length / 16384); index++) {
    const chunk = plaintext.subarray(index * 16384, (index + 1) * 16384);
    parts.push(Buffer.from(await subtle.encrypt(nonce(index), aes, chunk)));
  }
  return Buffer.concat(parts);
}

async function open(key, place, sealed) {
  const [dekId, salt] = [sealed.subarray(4, 20), sealed.subarray(20, 44)];
  const { aes, nonce, commitment } = await keysOf(key, dekId, place, salt);
  if (!commitment.equals(sealed.subarray(44, 76))) throw new Error("does not open");
  const parts = [];
  const body = sealed.subarray(76);
  for (let index = 0; index <= Math.floor(body.length / 16400); index++) {
    const chunk = body.subarray(index * 16400, (index + 1) * 16400);
    parts.push(Buffer.from(await subtle.decrypt(nonce(index), aes, chunk)));
  }
  return Buffer.concat(parts);
}

let input = "";
for await (const piece of process.stdin) input += piece;
const answers = [];
for (const asked of JSON.parse(input)) {
  const [key, dekId, salt] = [unhex(asked.key), unhex(asked.dekId), unhex(asked.salt)];
  const sealed = await seal(key, dekId, asked.place, salt, unhex(asked.plaintext));
  answers.push({ sealed: hex(sealed), opened: hex(await open(key, asked.place, unhex(asked.ours))) });
}
process.stdout.write(JSON.stringify(answers));
"""


@pytest.mark.skipif(NODE is None, reason="node is not installed: WebCrypto was not compared")
def test_webcrypto_gives_identical_bytes_and_opens_ours():
    key, dek_id, salt = b"\x11" * 32, UUID(bytes=bytes(range(16))), bytes(range(24))
    places = [
        Binding(UUID(bytes=b"\x22" * 16), "data", "annotation_task", "payload", UUID(bytes=b"\x33" * 16)),
        Binding(UUID(int=1), "blob", "files", "body", UUID(int=2**128 - 1), version=2**53 + 1),
    ]
    cases = [
        (place, bytes(index % 251 for index in range(length)))
        for place in places
        for length in (0, 14, 16383, 16384, 16385, 49152)
    ]
    ours = [envelope.seal(key, dek_id, place, plaintext) for place, plaintext in cases]
    asked = [
        {
            "key": key.hex(),
            "dekId": dek_id.hex,
            "salt": salt.hex(),
            "plaintext": plaintext.hex(),
            "ours": cell.hex(),
            "place": {
                "tenant": place.tenant.hex,
                "purpose": place.purpose,
                "table": place.table,
                "column": place.column,
                "row": place.row.hex,
                "version": str(place.version),
            },
        }
        for (place, plaintext), cell in zip(cases, ours, strict=True)
    ]

    run = subprocess.run(
        [str(NODE), "--input-type=module", "-e", PROGRAM],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert run.returncode == 0, run.stderr
    answers = json.loads(run.stdout)
    assert len(answers) == len(cases) == 12
    for (place, plaintext), answer in zip(cases, answers, strict=True):
        assert answer["sealed"] == envelope.seal(key, dek_id, place, plaintext, salt=salt).hex()
        assert answer["opened"] == plaintext.hex()
        assert envelope.open_sealed(key, place, bytes.fromhex(answer["sealed"])) == plaintext
