"""Items for each task type: a few of the real ones beside the repository, or of our own where they are absent."""

import json
import re
from pathlib import Path
from typing import Any

REAL = Path(__file__).parents[3] / "shared/data"
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ,.;:'()!?-]{20,300}")
"""A text that Markdown shows as it is written."""

Item = dict[str, Any]


def sentiment_items(count: int) -> list[Item]:
    """Return short texts."""
    lines = _lines("sentiment.jsonl")
    read = [json.loads(line) for line in lines[: 4 * count]]
    return [{"id": row["id"], "text": row["text"]} for row in read][:count] or [
        {"id": f"own-{n}", "text": f"It broke on day {n}, and the new one is great."} for n in range(count)
    ]


def preference_items(count: int) -> list[Item]:
    """Return prompts with two unlike answers."""
    read = (json.loads(line) for line in _lines("preference.jsonl"))
    fields = ("id", "prompt", "response_a", "response_b")
    fit = [
        {name: row[name] for name in fields}
        for row in read
        if all(PLAIN.fullmatch(row[name]) for name in fields[1:])
        and row["response_a"][:20] != row["response_b"][:20]
    ]
    return fit[:count] or [
        {
            "id": f"own-{n}",
            "prompt": f"How do I boil {n + 2} eggs?",
            "response_a": f"Put {n + 2} eggs into boiling water for eight minutes.",
            "response_b": "Eggs are boiled in water. Ask somebody who knows how.",
        }
        for n in range(count)
    ]


def chat_items(count: int) -> list[Item]:
    """Return threads of two turns; the questions are real, the replies are ours."""
    turns = [
        (str(row["question_id"]), row["turns"]) for row in map(json.loads, _lines("chat_questions.jsonl"))
    ]
    turns = turns or [
        (f"own-{n}", [f"What is special about the number {n}?", "And about its double?"])
        for n in range(count)
    ]
    return [
        {
            "id": number,
            "thread": [
                {"role": "user", "content": first},
                {"role": "assistant", "content": "A **first** reply, of our own."},
                {"role": "user", "content": second},
                {"role": "assistant", "content": "A second reply, of our own."},
            ],
        }
        for number, (first, second) in turns[:count]
    ]


def entity_items(count: int) -> list[tuple[Item, list[Item]]]:
    """Return texts with their entities as spans: two or more in each, of whole words."""
    found = []
    for n, block in enumerate("\n".join(_lines("ner_wnut17_dev.conll")).split("\n\n")):
        item, spans = _marked(f"ner-{n}", [line.split("\t") for line in block.splitlines() if "\t" in line])
        if len(spans) >= 2 and all(re.fullmatch(r"[A-Za-z]+( [A-Za-z]+)*", span["quote"]) for span in spans):
            found.append((item, spans))
    return found[:count] or [_marked(f"own-{n}", _meeting(n)) for n in range(count)]


def _meeting(number: int) -> list[list[str]]:
    """Return the tokens of a sentence of our own, another for each number."""
    words = ("Alice", "Smith", "met", "😀", "for", f"{number}", "days", "in", "Oslo")
    tags = {"Alice": "B-person", "Smith": "I-person", "Oslo": "B-location"}
    return [[word, tags.get(word, "O")] for word in words]


def _marked(name: str, rows: list[list[str]]) -> tuple[Item, list[Item]]:
    """Return the text of tokens with one space between them, and the spans of their BIO tags."""
    text, spans = "", list[Item]()
    for token, tag in rows:
        start = len(text) + 1 if text else 0
        text = f"{text} {token}" if text else token
        if tag.startswith("B-"):
            spans.append({"start": start, "label": tag[2:]})
        if tag[:2] in ("B-", "I-") and spans:
            spans[-1] |= {"end": len(text), "quote": text[spans[-1]["start"] :]}
    return {"id": name, "text": text}, spans


def _lines(name: str) -> list[str]:
    path = REAL / name
    if path.exists():
        return path.read_text(encoding="utf-8").splitlines()
    print(f"\n{name} is not beside the repository: items of our own take its place")
    return []


def as_jsonl(items: list[Item]) -> bytes:
    """Return a file to import."""
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items).encode()
