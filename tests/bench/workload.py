"""What is labeled in the benches: texts of about one kilobyte, one question with three answers."""

import json
import random
from collections.abc import Iterator

TEXT_BYTES = 1_000
POOL_BYTES = 256_000
CHOICES = ("positive", "negative", "neutral")
SCHEMA = {
    "version": 1,
    "item": {"text": "text"},
    "questions": [
        {
            "id": "feeling",
            "type": "choice",
            "text": "How does the writer feel about it?",
            "options": [{"id": choice, "text": choice.capitalize()} for choice in CHOICES],
        }
    ],
}
CONSONANTS, VOWELS = "bcdfghjklmnprstvwz", "aeiou"

OVERLAP_BELOW = 10_000
"""Smaller projects ask for 16 answers to each item, so that 16 labelers have something to do for a while."""


def overlap_of(tasks: int) -> int:
    """Return how many answers each item of a project of this size wants."""
    return 16 if tasks < OVERLAP_BELOW else 1


def texts(count: int, *, seed: int) -> Iterator[str]:
    """Yield `count` texts of 1,000 bytes, made of words that nobody wrote; the same for the same seed."""
    chance = random.Random(seed)
    words: list[str] = []
    size = 0
    while size < POOL_BYTES:
        word = "".join(chance.choice(CONSONANTS) + chance.choice(VOWELS) for _ in range(chance.randint(1, 4)))
        words.append(word)
        size += len(word) + 1
    pool = " ".join(words)
    for _ in range(count):
        start = chance.randrange(len(pool) - TEXT_BYTES)
        yield pool[start : start + TEXT_BYTES]


def lines(count: int, *, seed: int) -> Iterator[bytes]:
    """Yield the texts as JSONL, in pieces of up to 1,000 rows."""
    piece: list[bytes] = []
    for n, text in enumerate(texts(count, seed=seed)):
        piece.append(json.dumps({"id": f"item-{n:08d}", "text": text}).encode() + b"\n")
        if len(piece) == 1_000:
            yield b"".join(piece)
            piece.clear()
    if piece:
        yield b"".join(piece)
