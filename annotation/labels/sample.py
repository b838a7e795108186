"""An item made up to fit a label schema, to try the schema on before there are items. Pure."""

from typing import Any

from annotation.labels.schema import LabelSchema

TEXT = "Three friends walked along the river. Ada said: it looks like rain."
MARKDOWN = "**How** do I sort a list of records by score, highest first?"
CHAT = [
    {"role": "user", "content": "Can I freeze cooked rice?"},
    {"role": "assistant", "content": "Yes. Cool it within an hour and freeze it flat."},
]
CANDIDATES = (
    "Use `sorted(records, key=score, reverse=True)`: it makes a new list.",
    "Call `records.sort(key=score, reverse=True)`. It sorts in place and gives nothing back.",
    "Loop over the list and swap neighbours until nothing moves.",
)


def sample_item(schema: LabelSchema) -> dict[str, Any]:
    """Return fields that fit `schema`."""
    made: dict[str, Any] = {}
    for name, shown_as in schema.item:
        made[name] = CHAT if shown_as == "chat" else MARKDOWN if shown_as == "markdown" else TEXT
    if schema.candidates:
        if schema.candidates.in_a_list:
            count = schema.candidates.count or len(CANDIDATES)
            made[schema.candidates.of[0]] = [_candidate(n) for n in range(count)]
        else:
            made |= {name: _candidate(n) for n, name in enumerate(schema.candidates.of)}
    return made


def _candidate(n: int) -> str:
    return CANDIDATES[n % len(CANDIDATES)]
