"""Closure over growing ownership graphs, verdicts per second, and a replay of a million events.

    python -m tests.bench.neutrality --json-out neutrality.json

Pure: no services, one process. Each graph has eight interests for each party, as the budget's 5,000 parties and
40,000 interests do. *Layered*: firms are held by older ones, and one part in a hundred closes a circle.
*Tangled*: holders are drawn from all parties, so that nearly all of them lie in one circle: the worst shape.
Times are the least of the rounds, by the processor's clock of this process.
"""

import argparse
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from tenants.neutrality.closure import control, shares
from tenants.neutrality.facts import Affiliation, Interest, InterestType, Party, PartyKind, Role, Statement
from tenants.neutrality.graph import Graph, graph_on
from tenants.neutrality.ledger import Ledger, Reading, entries_of, ledger_of
from tenants.neutrality.people import judge_person, ties_by_person
from tenants.neutrality.policy import Policy
from tenants.neutrality.replay import Access, Epoch, Failing, replay
from tenants.neutrality.taint import taint_of

TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
EACH = 8
PEOPLE = 2_000


def made(
    parties: int, interests: int, *, tangled: bool, seed: int = 1
) -> tuple[list[Party], list[Statement]]:
    """Return a graph of a shape; party 1 is the excluded one."""
    draw = random.Random(seed)
    firms = [Party(UUID(int=n + 1), f"Firm {n}") for n in range(parties)]
    people = [Party(UUID(int=10**9 + n), f"Person {n}", PartyKind.PERSON) for n in range(PEOPLE)]
    statements: list[Statement] = []

    def state(fact: Interest | Affiliation) -> None:
        made_id = UUID(int=2 * 10**9 + len(statements))
        statements.append(Statement(made_id, made_id, fact, TODAY, NOW))

    for _ in range(interests):
        subject = draw.randrange(1, parties)
        anybody = tangled or draw.random() < 0.01
        holder = draw.randrange(parties) if anybody else int(subject * draw.random() ** 2)
        percent = Decimal(draw.randrange(1, 1_200)) / 100
        kind = InterestType.DEBT if draw.random() < 0.01 else InterestType.SHAREHOLDING
        least, most = (None, None) if kind is InterestType.DEBT else (percent, percent)
        state(Interest(firms[subject].id, firms[holder].id, kind, least, most, voting=draw.random() < 0.8))
    for person in people:
        state(Affiliation(person.id, draw.choice(firms).id, draw.choice([Role.EMPLOYEE, Role.ADVISER])))
    return firms + people, statements


def least(rounds: int, work: Callable[[], Any]) -> float:
    """Return the least processor time of `rounds` runs, in milliseconds."""
    best = float("inf")
    for _ in range(rounds):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return best * 1000


def measure_closure(parties: int, *, tangled: bool, rounds: int) -> dict[str, Any]:
    """Time each step from statements to a taint set."""
    registry, statements = made(parties, parties * EACH, tangled=tangled)
    policy = Policy(excluded=frozenset({UUID(int=1)}))

    def graph() -> Graph:
        return graph_on(TODAY, known_at=NOW, parties=registry, statements=statements)

    ready = graph()

    def is_stale(day: date) -> bool:
        return policy.is_stale(day, TODAY)

    def add_up() -> Ledger:
        return ledger_of(entries_of(ready, is_stale=is_stale), Reading.KNOWN)

    ledger = add_up()
    origin = ledger.index[UUID(int=1)]
    group = control(ledger, [origin])
    return {
        "shape": "tangled" if tangled else "layered",
        "parties": parties,
        "interests": parties * EACH,
        "controlled": len(group.via),
        "reached": sum(1 for share in shares(ledger, group.via) if share),
        "graph_ms": round(least(rounds, graph), 1),
        "ledger_ms": round(least(rounds, add_up), 1),
        "closure_ms": round(least(rounds, lambda: shares(ledger, control(ledger, [origin]).via)), 1),
        "taint_ms": round(least(1, lambda: taint_of(ready, policy)), 1),
    }


def measure_verdicts(seconds: float) -> dict[str, Any]:
    """Count look-ups in a taint set, and whole verdicts on people, per second."""
    registry, statements = made(5_000, 40_000, tangled=False)
    graph = graph_on(TODAY, known_at=NOW, parties=registry, statements=statements)
    taint = taint_of(graph, Policy(excluded=frozenset({UUID(int=1)})))
    ids = [party.id for party in registry]
    looked = _per_second(seconds, lambda position: ids[position % len(ids)] in taint.denied_people)
    ties = ties_by_person(graph)
    people = [party.id for party in registry if party.kind is PartyKind.PERSON]

    def judge(position: int) -> object:
        person = people[position % len(people)]
        return judge_person(person, taint=taint, graph=graph, declared_on=TODAY, ties=ties.get(person, ()))

    judged = _per_second(seconds, judge)
    return {
        "lookups_per_s": round(looked),
        "verdicts_per_s": round(judged),
        "us_a_verdict": round(1e6 / judged, 2),
    }


def _per_second(seconds: float, work: Callable[[int], object]) -> float:
    done, begin = 0, time.process_time()
    while time.process_time() - begin < seconds:
        for position in range(done, done + 1_000):
            work(position)
        done += 1_000
    return done / (time.process_time() - begin)


def measure_replay(events: int) -> dict[str, Any]:
    """Time a replay under what was known then (30 epochs) and what is known now."""
    draw = random.Random(3)
    people = [UUID(int=10**9 + n) for n in range(PEOPLE)]
    start = NOW - timedelta(days=30)
    kept = [frozenset(draw.sample(people, 20)) for _ in range(30)]
    then = [Epoch(start + timedelta(days=n), each, frozenset()) for n, each in enumerate(kept)]
    now = [Epoch(start, frozenset(people[:40]), frozenset())]
    step = timedelta(days=30) / events
    log = [Access(n, start + n * step, draw.choice(people), None) for n in range(events)]
    begin = time.process_time()
    found = dict.fromkeys(Failing, 0)
    for each in replay(log, then=then, now=now):
        found[each.failing] += 1
    spent = time.process_time() - begin
    return {
        "events": events,
        "seconds": round(spent, 2),
        "events_per_s": round(events / spent),
        **{failing.value: count for failing, count in found.items()},
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    numbers = lambda text: [int(part) for part in text.split(",")]  # noqa: E731 - a type for argparse
    parser.add_argument("--parties", type=numbers, default=[625, 1_250, 2_500, 5_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--json-out", type=Path)
    options = parser.parse_args()
    found: dict[str, Any] = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {
            "processors": os.cpu_count(),
            "python": platform.python_version(),
            "load": os.getloadavg()[0],
        },
        "closure": [],
    }
    print("| shape | parties | interests | reached | graph ms | ledger ms | closure ms | taint ms |")
    print("|---|---|---|---|---|---|---|---|")
    for tangled in (False, True):
        for parties in options.parties:
            row = measure_closure(parties, tangled=tangled, rounds=options.rounds)
            found["closure"].append(row)
            cells = [row[name] for name in ("shape", "parties", "interests", "reached")]
            cells += [row[f"{name}_ms"] for name in ("graph", "ledger", "closure", "taint")]
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    found["verdicts"] = measure_verdicts(options.seconds)
    print(found["verdicts"], flush=True)
    found["replay"] = measure_replay(options.events)
    print(found["replay"], flush=True)
    if options.json_out is not None:
        options.json_out.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
