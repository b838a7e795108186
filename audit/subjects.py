"""What an opened event is about: the one rule by which bundles are selected and deliveries are found. Pure."""

from collections.abc import Collection, Mapping

DELIVERED = ".delivered"


def is_about(core: Mapping[str, object], ids: Collection[str]) -> bool:
    """Say whether an event's object is one of `ids`, or its detail names one, at any depth."""
    return core.get("object") in ids or _names(core.get("detail"), ids)


def is_delivery_of(core: Mapping[str, object], object_id: str) -> bool:
    """Say whether the event tells that this object left for the actor, alone or in a batch."""
    verb = core.get("verb")
    return isinstance(verb, str) and verb.endswith(DELIVERED) and is_about(core, (object_id,))


def _names(value: object, ids: Collection[str]) -> bool:
    if isinstance(value, str):
        return value in ids
    if isinstance(value, Mapping):
        return any(_names(each, ids) for each in value.values())
    return isinstance(value, list | tuple) and any(_names(each, ids) for each in value)
