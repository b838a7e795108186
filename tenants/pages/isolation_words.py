"""The words of the isolation pages, for people who are not engineers."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise

AREAS: dict[str, Words] = {
    "DB": _("The database's own walls"),
    "CR": _("Sealed values and keys"),
    "PE": _("What pages and the API answer"),
    "EG": _("Neutrality, and the ways out"),
    "LG": _("The log"),
    "PR": _("The running processes"),
}
PHASES: dict[str, Words] = {
    "standing": _("Before: all walls stand"),
    "taken-down": _("The wall is down"),
    "restored": _("Put back"),
}
VERDICTS: dict[int, tuple[str, Words, Words]] = {
    0: (
        "ok",
        _("Every wall stands."),
        _("Every question was answered, and every planted violation was found."),
    ),
    1: ("bad", _("A wall does not hold."), _("What was seen stands below, in red. Tell the operator now.")),
    2: (
        "bad",
        _("A check could not be trusted."),
        _("A planted violation was not found, or a check was red although nothing was planted."),
    ),
    3: (
        "warn",
        _("This is not a pass."),
        _("Some questions could not be answered; the reason stands beside each."),
    ),
}


def area_of(check: str) -> str:
    """Return the first part of a check's id, which says what it is about."""
    return check.partition("-")[0]


def verdict_of(exit_code: int | None) -> tuple[str, Words, Words] | None:
    """Return (tone, verdict, what it means) of a run; None before it has ended."""
    return None if exit_code is None else VERDICTS.get(exit_code)
