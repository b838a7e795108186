"""What attestations and exposure reports say to people."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PROBLEMS: dict[str, str | Promise] = {
    "nothing_accessed": _("Nothing was accessed in this period, so there is nothing to attest."),
    "nobody_excluded": _("The policy of this period excludes nobody, so it cannot have been broken."),
    "no_isolation_check": _(
        "No isolation check ended in this period. Run one, wait a minute, and ask again."
    ),
    "check_not_passed": _("The newest isolation check of this period did not pass. Its report says why."),
    "unsound": _("The figures contradict one another, so the statement was not made. Tell the operator."),
    "access_ended": _("Whoever asked may no longer do so. Ask again yourself."),
}
LISTS: dict[str, tuple[str | Promise, str | Promise, str | Promise]] = {
    "violation": (
        _("Violations"),
        _(
            "Enforcement failed: by what was known at that time, this person or place should have received"
            " nothing."
        ),
        _("No violation: whoever was to be kept away, by what was known then, was kept away."),
    ),
    "exposure": (
        _("Exposures"),
        _(
            "Knowledge came later: at that time nothing stood against this access. By what is known today, for"
            " that same day, it should not have been."
        ),
        _("No exposure: what has become known since changes nothing about these accesses."),
    ),
    "seen": (
        _("Everything else that was received"),
        _("Allowed by what was known then, and by what is known today."),
        _("Nothing else was received in this period."),
    ),
}


def problem_of(code: str) -> str:
    """Return why a report failed, in a sentence."""
    return str(PROBLEMS.get(code, _("The report could not be made. Ask again.")))
