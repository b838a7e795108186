"""A conversation inside an item: a list of messages, each with a role and a text. Pure."""

from typing import Any

ROLES = ("user", "assistant", "system", "tool")
"""Who can have said something."""


def chat_problem(value: object) -> str:
    """Return what keeps `value` from being a conversation, as the end of a sentence, or nothing."""
    if not isinstance(value, list) or not value:
        return "is no list of messages"
    for n, message in enumerate(value):
        if not isinstance(message, dict):
            return f"is no conversation: message {n} is not an object"
        if message.get("role") not in ROLES:
            return f"is no conversation: message {n} has no role out of {', '.join(ROLES)}"
        if not isinstance(message.get("content"), str):
            return f"is no conversation: message {n} has no text as `content`"
    return ""


def shown_chat(value: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return role and content of each message. What else it carries, a model's name for one, stays here."""
    return [{"role": message["role"], "content": message["content"]} for message in value]
