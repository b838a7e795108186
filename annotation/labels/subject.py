"""What answers are about, and how often a question is asked: once, per message or per candidate. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from annotation.labels.chat import ROLES, chat_problem
from annotation.labels.errors import Malformed
from annotation.labels.reading import only


@dataclass(frozen=True, slots=True)
class Subject:
    """What of an item an answer is checked against.

    Attributes:
        fields: the item's own fields, as they were imported.
        names: what the answer calls the candidates; empty where the item has none that fit.
    """

    fields: Mapping[str, Any] = field(repr=False)
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Per:
    """A question that is asked once for each message of some roles, or once for each candidate.

    `messages` names the field with the conversation; empty means candidates.
    """

    messages: str
    roles: tuple[str, ...]

    def targets(self, subject: Subject) -> tuple[str, ...]:
        """Return the names of what the question is asked about: message numbers from 0, or candidates.

        Raises `Malformed` when the item's field is no conversation.
        """
        if not self.messages:
            return subject.names
        messages = subject.fields.get(self.messages)
        problem = chat_problem(messages)
        if problem or not isinstance(messages, list):
            raise Malformed(f"this cannot be answered: the item's field “{self.messages}” {problem}")
        return tuple(str(n) for n, message in enumerate(messages) if message["role"] in self.roles)

    def to_json(self) -> Any:
        """Return `per` as the label schema writes it."""
        return {"messages": self.messages, "roles": list(self.roles)} if self.messages else "candidates"


def read_per(body: object, *, chats: set[str], has_candidates: bool, where: str) -> Per:
    """Return `per`. Raises `Malformed` when it names no conversation of the item, or there are no candidates."""
    if body == "candidates":
        if not has_candidates:
            raise Malformed("the schema names no candidates", where=where)
        return Per("", ())
    if not isinstance(body, dict):
        raise Malformed("`per` is “candidates” or an object with `messages`", where=where)
    only(body, {"messages", "roles"}, where=where)
    messages = body.get("messages")
    if not isinstance(messages, str) or messages not in chats:
        raise Malformed(
            "`messages` names a field of the item that is shown as chat", where=f"{where}.messages"
        )
    roles = body.get("roles", ["assistant"])
    if not isinstance(roles, list) or not roles or any(role not in ROLES for role in roles):
        raise Malformed(f"`roles` lists one or more of {', '.join(ROLES)}", where=f"{where}.roles")
    return Per(messages, tuple(role for role in ROLES if role in roles))
