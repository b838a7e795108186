"""Label schemas and items that the browser tests of the parts use: one of each type, and hard texts."""

from typing import Any

HARD = "Zoë 👩‍👩‍👧 met\r\nשלום עולם in e\u0301té.\u0000 \ud800 and 𝔘 end"
"""Emoji with joiners, CRLF, right to left, a combining mark, NUL, a lone surrogate, a letter beyond 16 bits."""

OPTIONS = [
    {"id": "pos", "text": "Positive"},
    {"id": "neg", "text": "Negative"},
    {"id": "mix", "text": "Mixed"},
]
LABELS = [
    {"id": "per", "text": "Person"},
    {"id": "org", "text": "Organisation"},
    {"id": "loc", "text": "Place"},
    {"id": "date", "text": "Date"},
]
TREE = [
    {
        "id": "animal",
        "text": "Animal",
        "options": [
            {"id": "dog", "text": "Dog"},
            {"id": "cat", "text": "Cat", "options": [{"id": "lion", "text": "Lion"}]},
        ],
    },
    {"id": "plant", "text": "Plant", "options": [{"id": "rose", "text": "Rose"}]},
    {"id": "stone", "text": "Stone"},
]
ANSWERS = {
    "prompt": "How do I sort a list of records by score, highest first, in **Python**?",
    "response_a": "Use `sorted()` for a **new** list:\n\n```python\nxs = sorted(items, key=lambda r: r.score)  # new\n"
    "```\n\n- The sort is stable\n- Cost is O(n log n)\n",
    "response_b": "You can call `.sort()` on the list. It changes the list in place and returns `None`.\n\n"
    "```python\nitems.sort(key=lambda r: r.score, reverse=True)\n```\n\n"
    "| call | returns |\n|---|---:|\n| sorted | list |\n| sort | None |\n",
}
THREAD = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is a *stack*?"},
    {"role": "assistant", "content": "A pile: **last in, first out**."},
    {"role": "user", "content": "And a queue?"},
    {"role": "assistant", "content": "First in, first out.\n\n1. enqueue\n2. dequeue"},
    {"role": "tool", "content": '{"result": 42}'},
]


def schema(*questions: dict[str, Any], item: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """Return a schema that asks `questions`."""
    return {"version": 1, "item": item or {"text": "text"}, "questions": list(questions), **more}


def question(kind: str, **more: Any) -> dict[str, Any]:
    """Return a question of a type, called by its type."""
    return {"id": kind, "type": kind, "text": f"Question of type {kind}", **more}


COMPARED = {"item": {"prompt": "markdown"}, "candidates": {"of": ["response_a", "response_b"]}}
TEXT = {"text": "The battery lasts two days and the screen is bright.\n\nIt charges slowly in the cold."}
NAMES = {
    "text": "Yesterday Alice Smith of Acme flew to Paris, and Bob met her in New York on 3 May.\nNobody else came."
}

CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "choice": (schema(question("choice", options=OPTIONS, help="What weighs more to the writer?")), TEXT),
    "choices": (schema(question("choices", options=[*OPTIONS, *LABELS], max=3, cannot_assess=True)), TEXT),
    "taxonomy": (schema(question("taxonomy", options=TREE)), TEXT),
    "spans": (schema(question("spans", of="text", options=LABELS)), NAMES),
    "preference": (
        schema(
            question("preference", strength=3),
            question("choices", options=LABELS[:2], required=False),
            question("text", text="Why?", required=False),
            **COMPARED,
        ),
        ANSWERS,
    ),
    "ranking": (
        schema(question("ranking"), item={"prompt": "markdown"}, candidates={"of": "answers"}),
        {"prompt": "Name a prime.", "answers": ["2", "Four.", "**Seven** is one.", "None."]},
    ),
    "rating": (schema(question("rating", max=7, low="useless", high="excellent")), TEXT),
    "text": (
        schema(
            question("preference"),
            question("text", starts_from="preference", markdown=True, min_length=5, lines=4),
            **COMPARED,
        ),
        ANSWERS,
    ),
    "messages": (
        schema(
            question("rating", text="Helpful", per={"messages": "thread"}, low="no", high="yes"),
            question(
                "choices", text="Faults", per={"messages": "thread"}, options=LABELS[:3], required=False
            ),
            question("choice", options=OPTIONS),
            item={"thread": "chat"},
        ),
        {"thread": THREAD},
    ),
    "candidates": (
        schema(
            question("rating", text="Correct", per="candidates"),
            question("preference", strength=2),
            **COMPARED,
        ),
        ANSWERS,
    ),
}
