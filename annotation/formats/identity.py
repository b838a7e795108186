"""The customer's own id of an item: the field `id`, by which a second import recognises it."""

from typing import Any

from annotation.formats.limits import EXTERNAL_ID_CHARACTERS


class BadExternalId(ValueError):
    """The field `id` is there and cannot serve as one."""


def external_id_of(value: Any) -> str | None:
    """Return the id as text, or None when the row has none (absent, null or empty).

    The number 7 and the text "7" are one id, since CSV cannot tell them apart. Raises `BadExternalId`.
    """
    if value is None or value == "":
        return None
    if type(value) is int:
        value = str(value)
    if type(value) is not str:
        raise BadExternalId("The field “id” is a text or a whole number.")
    if len(value) > EXTERNAL_ID_CHARACTERS:
        raise BadExternalId(f"The field “id” is longer than {EXTERNAL_ID_CHARACTERS} characters.")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as half:
            raise BadExternalId("The field “id” holds half a surrogate pair.") from half
    return value
