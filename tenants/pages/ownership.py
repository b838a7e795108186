"""The ownership graph drawn, as a page: what a query asks for, and how the drawing is named in words."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.gate.verdicts import today
from tenants.neutrality.figure import LEVELS, DrawnParty
from tenants.neutrality.graph import GraphRefused
from tenants.neutrality.policy import Level, Rule
from tenants.neutrality.surroundings import MOST_DRAWN, MOST_HOPS, Wish
from tenants.services.draw_ownership import OwnershipGraph, draw_ownership, find_parties

MOST_AROUND = 10
EARLIEST = date(1900, 1, 1)
LATEST = date(2200, 1, 1)

RULES: dict[Rule, str | Promise] = {
    Rule.EXCLUDED: _("Excluded party"),
    Rule.CONTROL: _("Control"),
    Rule.ECONOMIC: _("Economic interest"),
    Rule.RIGHTS: _("Seats and rights"),
    Rule.INTERLOCK: _("Interlock"),
    Rule.REVENUE: _("Revenue"),
    Rule.DEBT: _("Debt"),
    Rule.UNKNOWN: _("Not known"),
    Rule.PARENTS: _("Parents"),
    Rule.STAKE: _("Stake in the excluded party"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query asks for; whatever cannot be read counts as not written, and is named in `troubles`."""

    wish: Wish
    day: date | None
    known_at: datetime | None
    known_on: date | None
    find: str
    troubles: tuple[str | Promise, ...]


class GraphPage(TenantPage):
    """The graph around the excluded parties, or around those that somebody chose."""

    requires = Permission.NEUTRALITY_VIEW
    template = "tenants/ownership.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Draw it. Public facts and the tenant's own policy; no member is named."""
        asked = read_query(request.GET)
        found, further = find_parties(self.context, asked.find)
        chosen = asked.wish.around
        if not chosen and len(found) == 1:
            chosen = frozenset({found[0].id})
        wish = Wish(chosen, asked.wish.hops, asked.wish.name, asked.wish.rules, asked.wish.levels)
        drawn, refused = None, ""
        try:
            drawn = draw_ownership(self.context, wish, day=asked.day, known_at=asked.known_at)
        except GraphRefused as error:
            refused = str(error)
        return self.page(
            public_id=self.context.public_id,
            asked=asked,
            level_asked=request.GET.get("level", ""),
            cleared=_with(request.GET, name=None, rule=None, level=None),
            today_shown=asked.known_at is None and asked.day in (None, today()),
            policy_digest="" if drawn is None else drawn.rules.digest.hex(),
            graph_digest="" if drawn is None else drawn.digest.hex(),
            last_day=0 if drawn is None else len(drawn.days) - 1,
            this_day=0 if drawn is None else drawn.days.index(drawn.day),
            told_parties=[] if drawn is None else _told(drawn),
            wish=wish,
            drawn=drawn,
            refused=refused,
            today=today(),
            candidates=[] if asked.wish.around or len(found) == 1 else found,
            further=further,
            nobody=bool(asked.find) and not found,
            chosen=[] if drawn is None else _chosen(drawn, wish),
            rules=RULES,
            levels={level.word: LEVELS[level] for level in sorted(Level, reverse=True)},
            hops=range(1, MOST_HOPS + 1),
            most=MOST_DRAWN,
            before=_with(request.GET, on=None if drawn is None else drawn.before),
            after=_with(request.GET, on=None if drawn is None else drawn.after),
            now=_with(request.GET, on=None, known=None),
            all_parties=_with(request.GET, around=None, find=None),
            rows=[] if drawn is None else _rows(drawn),
        )


def read_query(query: QueryDict) -> Asked:
    """Return what is asked for."""
    troubles: list[str | Promise] = []
    around = set()
    for text in query.getlist("around")[:MOST_AROUND]:
        try:
            around.add(UUID(text))
        except ValueError:
            troubles.append(_("A party that was chosen is not written as an id; it was left out."))
    day, known_on = _day(query.get("on", ""), troubles), _day(query.get("known", ""), troubles)
    if known_on is not None and known_on > today():
        troubles.append(_("Nobody knows yet what will be known then: the graph is shown as known now."))
        known_on = None
    # The whole day counts: what was recorded until its last moment.
    known_at = None if known_on is None or known_on == today() else _end_of(known_on)
    hops = query.get("hops", "")
    return Asked(
        Wish(
            frozenset(around),
            min(max(int(hops), 1), MOST_HOPS) if hops.isdecimal() and len(hops) < 3 else 2,
            query.get("name", "").strip()[:200],
            frozenset(rule for rule in Rule if rule.value == query.get("rule")),
            frozenset(level for level in Level if level.word == query.get("level")),
        ),
        day,
        known_at,
        known_on,
        query.get("find", "").strip()[:200],
        tuple(troubles),
    )


def _day(text: str, troubles: list[str | Promise]) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not EARLIEST <= day <= LATEST:
        troubles.append(_("A day is written like 2026-01-31; the graph is shown as of today."))
        return None
    return day


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC) - timedelta(microseconds=1)


def _with(query: QueryDict, **changes: Any) -> str:
    """Return the query with some values put in or, for None, taken out."""
    changed = query.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = str(value)
    return f"?{changed.urlencode()}"


def _chosen(drawn: OwnershipGraph, wish: Wish) -> list[str]:
    return sorted(drawn.parties[each].name for each in wish.around if each in drawn.parties)


def _told(drawn: OwnershipGraph) -> list[tuple[DrawnParty, list[str]]]:
    """Return the parties of the drawing, the strictest first, each with its paths in words."""
    order = ["excluded", *(level.word for level in sorted(Level, reverse=True)), ""]
    return [
        (each, [] if each.shown.party is None else drawn.why(each.shown.party.id))
        for each in sorted(drawn.figure.parties, key=lambda each: (order.index(each.level), each.shown.name))
    ]


def _rows(drawn: OwnershipGraph) -> list[tuple[str, str, Any, Any]]:
    """Return the facts of the drawing as rows: holder, subject, line, fact."""
    names = {shown.key: shown.name for shown in drawn.picture.parties}
    return [
        (names[line.holder], names[line.subject], line, fact)
        for line in sorted(
            drawn.picture.lines, key=lambda each: (not each.on_path, names[each.subject], names[each.holder])
        )
        for fact in line.facts
    ]
