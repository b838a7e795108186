"""Make an admin key in a file, and sign with it. This one file runs anywhere with Python and `cryptography`.

    python admin_key.py new my.key                     make a key; asks for a passphrase
    python admin_key.py show my.key                    print the public half and its fingerprint
    python admin_key.py sign my.key request.json       show what is asked, ask, and write request.signature.json

It imports nothing of ours on purpose: it can be read in ten minutes, copied to a machine without a network, and
compared with the one that this workspace serves. It builds the signed text itself from the request's fields, and
signs a document only whose digest it has computed.

The key file is JSON: scrypt (n = 2^17, r = 8, p = 1) makes from the passphrase the key with which AES-256-GCM
seals the 32-byte secret of RFC 8032; the public half is bound as associated data.
"""

import argparse
import getpass
import hashlib
import json
import os
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_FORMAT = "ringfence admin key v1"
REQUEST_FORMAT = "ringfence signing request v1"
SIGNATURE_FORMAT = "ringfence signature v1"
LEAST_PASSPHRASE = 12
SCRYPT = {"n": 2**17, "r": 8, "p": 1}
SCRYPT_MEMORY = 256 * 2**20
MOST_BYTES = 2**22

HEX = r"[0-9a-f]{64}"
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
OWN = "own"
# Act -> its lines after the tenant's: (words, name of the request's field or OWN, pattern).
ACTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "ringfence neutrality policy v1": (
        ("version", "version", r"[1-9][0-9]{0,8}"),
        ("sha256", "sha256", HEX),
        ("replaces", "replaces", rf"(?:{HEX}|none)"),
        ("not before", "not_before", r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"),
    ),
    "ringfence mitigation plan v1": (
        ("plan", "plan", UUID),
        ("sha256", "sha256", HEX),
        ("policy", "policy", HEX),
    ),
    "ringfence admin key possession v1": (("member", "member", UUID), ("key", OWN, HEX)),
    "ringfence admin key endorsement v1": (
        ("member", "member", UUID),
        ("key", "key", HEX),
        ("endorsed by", OWN, HEX),
    ),
    "ringfence key recovery stop v1": (("recovery", "recovery", UUID), ("stopped by", OWN, HEX)),
}
TENANT = r"[0-9a-z]{1,64}"


class Refused(Exception):
    """What was given cannot be used; the words say why."""


def message_of(request: dict[str, Any], public: str) -> bytes:
    """Return the bytes to sign for a request, built from its fields. Raises `Refused`."""
    if request.get("format") != REQUEST_FORMAT or request.get("act") not in ACTS:
        raise Refused("this is no signing request, or one of a later version")
    lines = [str(request["act"]), f"tenant {_field(request, 'tenant', TENANT)}"]
    for words, name, pattern in ACTS[request["act"]]:
        lines.append(f"{words} {public if name == OWN else _field(request, name, pattern)}")
    if "sha256" in request:
        found = hashlib.sha256(str(request.get("document", "")).encode()).hexdigest()
        if found != request["sha256"]:
            raise Refused("the document in the request is not the one that its digest names")
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def new_key(passphrase: str) -> dict[str, Any]:
    """Return a fresh key file's content. Raises `Refused` for a short passphrase."""
    if len(passphrase) < LEAST_PASSPHRASE:
        raise Refused(f"a passphrase has at least {LEAST_PASSPHRASE} characters")
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw().hex()
    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(_stretch(passphrase, salt)).encrypt(nonce, private.private_bytes_raw(), _bound(public))
    return {
        "format": KEY_FORMAT,
        "public": public,
        "made_at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "scrypt": SCRYPT,
        "salt": salt.hex(),
        "nonce": nonce.hex(),
        "sealed": sealed.hex(),
    }


def open_key(content: dict[str, Any], passphrase: str) -> Ed25519PrivateKey:
    """Return the private key of a key file. Raises `Refused`."""
    if content.get("format") != KEY_FORMAT or content.get("scrypt") != SCRYPT:
        raise Refused("this is no key file of ours, or one of a later version")
    try:
        key = _stretch(passphrase, bytes.fromhex(content["salt"]))
        nonce, sealed = bytes.fromhex(content["nonce"]), bytes.fromhex(content["sealed"])
        seed = AESGCM(key).decrypt(nonce, sealed, _bound(content["public"]))
    except (KeyError, TypeError, ValueError, InvalidTag) as error:
        raise Refused("the passphrase is wrong, or the file is damaged") from error
    private = Ed25519PrivateKey.from_private_bytes(seed)
    if private.public_key().public_bytes_raw().hex() != content["public"]:
        raise Refused("the file's public half is not that of its secret")
    return private


def sign(private: Ed25519PrivateKey, request: dict[str, Any]) -> dict[str, str]:
    """Return the signature file's content. Raises `Refused`."""
    public = private.public_key().public_bytes_raw().hex()
    signature = private.sign(message_of(request, public)).hex()
    return {"format": SIGNATURE_FORMAT, "key": public, "signature": signature}


def fingerprint(public: str) -> str:
    """Return how people compare keys."""
    digits = hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]
    return " ".join(digits[start : start + 4] for start in range(0, 16, 4))


def _field(request: dict[str, Any], name: str, pattern: str) -> str:
    value = str(request.get(name, ""))
    if not re.fullmatch(pattern, value, re.ASCII):
        raise Refused(f"the request's {name} is not what it should be")
    return value


def _stretch(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, maxmem=SCRYPT_MEMORY, dklen=32, **SCRYPT)


def _bound(public: str) -> bytes:
    return f"{KEY_FORMAT}\n{public}\n".encode("ascii")


def _read(path: Path) -> dict[str, Any]:
    try:
        encoded = path.read_bytes()
        content = json.loads(encoded) if len(encoded) <= MOST_BYTES else None
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise Refused(f"{path} is not a file of ours")
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}; nothing is overwritten") from error


def _passphrase(*, twice: bool = False) -> str:
    first = getpass.getpass("Passphrase: ")
    if twice and getpass.getpass("Once more: ") != first:
        raise Refused("the two are not the same")
    return first


def _run(words: argparse.Namespace) -> None:
    if words.do == "new":
        content = new_key(_passphrase(twice=True))
        _write(words.key, content)
        print(f"{words.key} is made. Keep it and its passphrase apart. Fingerprint:", file=sys.stderr)
        print(fingerprint(content["public"]))
        return
    content = _read(words.key)
    if words.do == "show":
        print(content.get("public", ""), fingerprint(str(content.get("public", ""))), sep="\n")
        return
    request = _read(words.request)
    text = message_of(request, str(content.get("public", "")))
    if "document" in request:
        print(json.dumps(json.loads(request["document"]), indent=2))
    print(text.decode(), end="")
    if not words.yes and input("Sign this? Type yes: ").strip() != "yes":
        raise Refused("nothing was signed")
    out = words.out or words.request.with_suffix(".signature.json")
    _write(out, dict(sign(open_key(content, _passphrase()), request)))
    print(f"{out} is the signature: upload it to the page.", file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it did what was asked, 2 otherwise."""
    parser = argparse.ArgumentParser(prog="admin_key.py", description="Admin keys in files.")
    commands = parser.add_subparsers(dest="do", required=True)
    for name in ("new", "show", "sign"):
        command = commands.add_parser(name)
        command.add_argument("key", type=Path)
        if name == "sign":
            command.add_argument("request", type=Path)
            command.add_argument("--out", type=Path)
            command.add_argument("--yes", action="store_true", help="do not ask whether to sign")
    try:
        _run(parser.parse_args(arguments))
    except Refused as refused:
        print(f"admin_key.py: {refused}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
