"""Two graphs whose answers were worked out by hand: the founding case, and one that holds every doubt."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from tenants.neutrality.facts import Affiliation, Interest, InterestType, Party, PartyKind, Role, Statement
from tenants.neutrality.graph import Graph, graph_on
from tenants.neutrality.policy import Policy

DAY = date(2025, 6, 30)
INVESTOR, VENDOR, EMPLOYEE = UUID(int=1), UUID(int=2), UUID(int=3)
FOUNDING_POLICY = Policy(excluded=frozenset({INVESTOR}))


def founding_case() -> Graph:
    """Return it: 49 % without votes and without a seat, and somebody who works for the vendor."""
    parties = [Party(INVESTOR, "Investor"), Party(VENDOR, "Vendor"), Party(EMPLOYEE, "A.", PartyKind.PERSON)]
    part = Decimal(49)
    facts: list[Interest | Affiliation] = [
        Interest(VENDOR, INVESTOR, InterestType.SHAREHOLDING, part, part, voting=False),
        Affiliation(EMPLOYEE, VENDOR, Role.EMPLOYEE),
    ]
    return _graph(parties, [_stated(number, fact) for number, fact in enumerate(facts)])


def doubtful_graph() -> Graph:
    """Return a graph with a circle, a self-holding, 120 %, silence, a contradiction and what else is doubtful."""
    firms = [Party(UUID(int=100 + n), f"F{n}") for n in range(12)]
    ids = [firm.id for firm in firms]

    def holds(
        holder: int | None, subject: int, share: str | None, kind: InterestType = InterestType.SHAREHOLDING
    ) -> Interest:
        part = None if share is None else Decimal(share)
        return Interest(ids[subject], None if holder is None else ids[holder], kind, part, part)

    facts = [
        holds(0, 1, "30"), holds(1, 0, "30"),
        holds(2, 2, "10"),
        holds(0, 3, "60"), holds(1, 3, "60"),
        holds(None, 4, "20"),
        holds(0, 5, None, InterestType.UNKNOWN),
        holds(0, 6, None),
        holds(0, 8, "10", InterestType.NOMINEE),
    ]  # fmt: skip
    stated = [_stated(number, fact) for number, fact in enumerate(facts)]
    stated.append(_stated(50, holds(0, 7, "10"), days_ago=400))
    stated += [_stated(number, holds(0, 9, share), record=60) for number, share in ((60, "10"), (61, "20"))]
    stated.append(_stated(70, holds(0, 10, "10"), days_ago=-1))
    return _graph(firms, stated)


def _stated(
    number: int, fact: Interest | Affiliation, *, days_ago: int = 0, record: int | None = None
) -> Statement:
    made, day = UUID(int=1_000 + number), DAY - timedelta(days=days_ago)
    about = made if record is None else UUID(int=1_000 + record)
    return Statement(made, about, fact, day, datetime.combine(min(day, DAY), time(1), tzinfo=UTC))


def _graph(parties: list[Party], statements: list[Statement]) -> Graph:
    known_at = datetime.combine(DAY, time(12), tzinfo=UTC)
    return graph_on(DAY, known_at=known_at, parties=parties, statements=statements)
