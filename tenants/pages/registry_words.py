"""Facts of the registry in words, for its pages."""

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.neutrality.facts import Affiliation, Interest, Party, Statement
from tenants.neutrality.hygiene import Doubt
from tenants.pages.registry_forms import TIE_WORDS, TYPE_WORDS
from tenants.services.read_registry import Standing

DOUBT_WORDS = {
    Doubt.CIRCLE: gettext_lazy("They hold each other in a circle"),
    Doubt.SELF_HOLDING: gettext_lazy("It holds itself"),
    Doubt.OVER_HUNDRED: gettext_lazy("More than the whole is held"),
    Doubt.UNDISCLOSED: gettext_lazy("A holder is not disclosed"),
    Doubt.UNCLASSIFIED: gettext_lazy("An interest is not classified"),
    Doubt.NO_SHARE: gettext_lazy("Nobody said how large a share is"),
    Doubt.STALE: gettext_lazy("The statement is old"),
    Doubt.CONTRADICTED: gettext_lazy("Two statements on one holding contradict each other"),
    Doubt.ANNOUNCED: gettext_lazy("It is announced and does not hold yet"),
    Doubt.NOMINEE: gettext_lazy("A nominee holds it, and nobody said for whom"),
}
STANDING_WORDS = {
    Standing.HOLDS: gettext_lazy("holds"),
    Standing.ANNOUNCED: gettext_lazy("announced"),
    Standing.ENDED: gettext_lazy("ended"),
    Standing.SUPERSEDED: gettext_lazy("superseded"),
    Standing.WITHDRAWN: gettext_lazy("withdrawn"),
    Standing.WITHDRAWAL: gettext_lazy("withdraws"),
    Standing.NOT_YET: gettext_lazy("not known then"),
}
STANDING_BADGES = {
    Standing.HOLDS: "pass",
    Standing.ANNOUNCED: "waiting",
    Standing.ENDED: "off",
    Standing.SUPERSEDED: "off",
    Standing.WITHDRAWN: "off",
    Standing.WITHDRAWAL: "off",
    Standing.NOT_YET: "unknown",
}


def in_words(statement: Statement, names: Mapping[UUID, Party]) -> str:
    """Return one statement in a line."""
    if statement.fact is None:
        return _("An earlier statement is withdrawn")
    return fact_in_words(statement.fact, names)


def fact_in_words(fact: Interest | Affiliation, names: Mapping[UUID, Party]) -> str:
    """Return a fact in a line: who, how much, of whom, when."""
    if isinstance(fact, Affiliation):
        who, whom, how = names[fact.person].name, names[fact.party].name, str(TIE_WORDS[fact.role])
        more = [] if fact.share is None else [f"{fact.share.normalize():f} %"]
    else:
        who = _("A holder that is not disclosed") if fact.holder is None else names[fact.holder].name
        whom, how = names[fact.subject].name, str(TYPE_WORDS[fact.type])
        more = [share_in_words(fact)] if fact.most is not None else []
        if fact.share_class:
            more.append(_("class {name}").format(name=fact.share_class))
        if not fact.voting:
            more.append(_("without votes"))
        if not fact.direct:
            more.append(_("indirectly"))
    if fact.start is not None:
        more.append(_("from {day}").format(day=fact.start.isoformat()))
    if fact.end is not None:
        more.append(_("until {day}").format(day=fact.end.isoformat()))
    return f"{who} → {whom}: {', '.join([how, *more])}"


def share_in_words(fact: Interest) -> str:
    """Return a share or a range of it."""
    least, most = fact.least, fact.most
    if least is None or most is None:
        return ""
    if least == most:
        return f"{most.normalize():f} %"
    return _("{least} to {most} %").format(least=f"{least.normalize():f}", most=f"{most.normalize():f}")
