"""What a new version of a label schema changes for whoever labels and for whoever reads exports. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from annotation.labels.schema import LabelSchema


class Change(StrEnum):
    """One kind of difference; pages have a sentence for each."""

    SHOWN = "shown"
    COMPARED = "compared"
    ADDED = "added"
    REMOVED = "removed"
    TYPE = "type"
    OPTIONS_ADDED = "options_added"
    OPTIONS_REMOVED = "options_removed"
    KEYS = "keys"
    NEEDED = "needed"
    WHEN = "when"
    ORDER = "order"
    WORDS = "words"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed, in which question (empty for the whole), and the names that it concerns."""

    change: Change
    question: str = ""
    names: tuple[str, ...] = ()


def what_changes(before: LabelSchema | None, after: LabelSchema) -> tuple[Difference, ...]:
    """Return the differences in the order in which a labeler meets them; nothing for the first version."""
    return tuple(_differences(before.to_json(), after.to_json())) if before else ()


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    if list(before["item"].items()) != list(after["item"].items()):
        yield Difference(Change.SHOWN, names=tuple(after["item"]))
    if before.get("candidates") != after.get("candidates"):
        yield Difference(Change.COMPARED)
    old = {question["id"]: question for question in before["questions"]}
    new = {question["id"]: question for question in after["questions"]}
    for name, question in new.items():
        if name in old:
            yield from _of_question(old[name], question)
        else:
            yield Difference(Change.ADDED, name)
    for name in old.keys() - new.keys():
        yield Difference(Change.REMOVED, name)
    stayed = [name for name in new if name in old]
    if stayed != [name for name in old if name in new]:
        yield Difference(Change.ORDER)


def _of_question(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    name = new["id"]
    if old["type"] != new["type"]:
        yield Difference(Change.TYPE, name, (old["type"], new["type"]))
        return
    had, has = dict(_options(old)), dict(_options(new))
    if added := tuple(each for each in has if each not in had):
        yield Difference(Change.OPTIONS_ADDED, name, added)
    if removed := tuple(each for each in had if each not in has):
        yield Difference(Change.OPTIONS_REMOVED, name, removed)
    if any(had[each][1] != has[each][1] for each in has if each in had):
        yield Difference(Change.KEYS, name)
    if old["required"] != new["required"]:
        yield Difference(Change.NEEDED, name, ("yes" if new["required"] else "no",))
    if old.get("when") != new.get("when"):
        yield Difference(Change.WHEN, name)
    words = any(old.get(key) != new.get(key) for key in ("text", "help"))
    if words or any(had[each][0] != has[each][0] for each in has if each in had):
        yield Difference(Change.WORDS, name)
    told = {"id", "type", "text", "help", "options", "required", "when"}
    if any(old.get(key) != new.get(key) for key in (old.keys() | new.keys()) - told):
        yield Difference(Change.OTHER, name)


def _options(question: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield (id, (text, key)) of all options, nested ones too."""
    waiting = list(question.get("options", ()))
    while waiting:
        option = waiting.pop(0)
        yield option["id"], (option["text"], option.get("key", ""))
        waiting += option.get("options", ())
