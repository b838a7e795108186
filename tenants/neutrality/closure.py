"""Control to a fixpoint, and economic interest summed over chains, paths and circles. Pure, whole numbers only.

Control (more than half of the votes, counted over all that is controlled; appointment of a majority; control
by contract): who is controlled counts as the controller itself. Below control, chains multiply and paths add.

The share of a party is the greatest solution, in whole units, of

    share(v) = min(100 %, max over its measures of sum of part(h, v) * share(h), rounded up)

with 100 % for the controlled. Without circles it is exact to a unit for each link. In a circle, whatever no
step leads upwards from is an upper bound of the limit of the series (the least solution), and stays one at
each step down: whoever stops early stops on the safe side. Circles of up to `SMALL` parties go all the way;
in larger ones the bound lies above an estimate by `SLACKS` units for each step that a part can go round.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tenants.neutrality.ledger import HALF, SCALE, Ledger

SLACKS = (8, 800)
"""Units for each step that a part can go round, above an estimate, at which a circle's iteration may begin."""

SMALL = 64
"""Parties of a circle that is estimated by elimination, and iterated to the last unit within `MOST_ROUNDS`."""

MOST_VISITS = 400_000
"""Parts looked at while one circle is iterated; a large circle of contradictory figures is left at a high bound."""

MOST_ROUNDS = 500
MOST_SWEEPS = 200
"""Rounds of the iteration, and sweeps of the estimate: what then stands is a bound still."""


@dataclass(frozen=True, slots=True)
class Control:
    """Everybody that counts as `start` itself, with the holder through whom (None for `start`)."""

    via: dict[int, int | None]

    def __contains__(self, party: int) -> bool:
        return party in self.via


def control(ledger: Ledger, start: Iterable[int]) -> Control:
    """Return all that `start` controls, to a fixpoint; together with `start`."""
    via: dict[int, int | None] = dict.fromkeys(sorted(start))
    waiting = list(via)
    votes = ledger.votes
    while waiting:
        holder = waiting.pop()
        for subject in ledger.controls[holder]:
            if subject not in via:
                via[subject] = holder
                waiting.append(subject)
        for subject in ledger.subjects[holder]:
            if subject in via or holder not in votes[subject]:
                continue
            ours = [(share, other) for other, share in votes[subject].items() if other in via]
            if sum(share for share, _ in ours) > HALF:
                via[subject] = max(ours)[1]
                waiting.append(subject)
    return Control(via)


def shares(ledger: Ledger, group: Iterable[int]) -> list[int]:
    """Return the share that `group` has in each party, in units, by index; `SCALE` for the group itself.

    A proven upper bound of the true share, above it by about a unit for each link of the chains.
    """
    found = [0] * (len(ledger.ids) + 1)
    for member in group:
        found[member] = SCALE
    members = frozenset(member for member, share in enumerate(found) if share)
    reached = components(
        ledger.subjects, (ledger.subjects[member] for member in sorted(members)), left_out=members
    )
    for component in reversed(reached):
        if len(component) == 1 and component[0] not in ledger.subjects[component[0]]:
            found[component[0]] = _part(ledger, component[0], found)
        else:
            _sum_circle(ledger, sorted(component), found)
    return found


def _part(ledger: Ledger, subject: int, found: list[int]) -> int:
    """Return the part of `subject` that follows from the shares found so far, rounded up and capped."""
    most = 0
    for rows in ledger.measures[subject]:
        total = 0
        for holder, share in rows.items():
            total += share * found[holder]
        if total > most:
            most = total
    return min(SCALE, -(-most // SCALE))


def _sum_circle(ledger: Ledger, component: list[int], found: list[int]) -> None:
    """Set the shares of parties that hold parts of each other, from above."""
    plan = _plan(ledger, component, found)
    guesses, rounds = _solved(plan) if len(component) <= SMALL else (_swept(plan), None)
    rounds = rounds or _rounds(plan, guesses)
    for slack in SLACKS:
        for subject, guess, steps in zip(component, guesses, rounds, strict=True):
            found[subject] = min(SCALE, int(guess * SCALE + slack * steps) + 1)
        # An estimate may only be used if it is above the limit: then no step from it leads upwards.
        if all(_part(ledger, subject, found) <= found[subject] for subject in component):
            if len(component) > SMALL:
                return
            break
    else:
        for subject in component:
            found[subject] = SCALE
    inside = set(component)
    waiting = component
    weight = sum(len(rows) for subject in component for rows in ledger.measures[subject])
    for _ in range(min(MOST_ROUNDS, 1 + MOST_VISITS // max(1, weight))):
        again: set[int] = set()
        for subject in waiting:
            lower = _part(ledger, subject, found)
            if lower < found[subject]:
                found[subject] = lower
                again.update(ledger.subjects[subject])
        waiting = [subject for subject in component if subject in again & inside]
        if not waiting:
            return


Plan = list[list[tuple[float, list[tuple[int, float]]]]]
"""By position in a circle, for each measure: what comes from outside it, and parts held by positions inside."""


def _plan(ledger: Ledger, component: list[int], found: list[int]) -> Plan:
    place = {subject: position for position, subject in enumerate(component)}
    plan: Plan = []
    for subject in component:
        measures: list[tuple[float, list[tuple[int, float]]]] = []
        for rows in ledger.measures[subject]:
            outside = sum(share * found[holder] for holder, share in rows.items() if holder not in place)
            inside = [(place[holder], share / SCALE) for holder, share in rows.items() if holder in place]
            measures.append((outside / SCALE / SCALE, inside))
        plan.append(measures)
    return plan


def _swept(plan: Plan) -> list[float]:
    """Return about the limit of the series, swept from below by floating point. Nothing rests on it but time."""
    guess = [0.0] * len(plan)
    for _ in range(MOST_SWEEPS):
        change = 0.0
        for position, measures in enumerate(plan):
            most = 0.0
            for outside, inside in measures:
                total = outside
                for holder, share in inside:
                    total += share * guess[holder]
                if total > most:
                    most = total
            most = min(most, 1.0)
            change = max(change, most - guess[position])
            guess[position] = most
        if change < 1e-12:
            break
    return guess


def _rounds(plan: Plan, guesses: list[float]) -> list[float]:
    """Return about how many steps a part of each can go round: what a unit too much grows to. Nothing rests on it."""
    found = [0.0] * len(plan)
    for _ in range(MOST_SWEEPS):
        change = 0.0
        for position, measures in enumerate(plan):
            if guesses[position] >= 1.0:
                continue  # at the cap nothing grows
            most = 1.0 + max(sum(part * found[h] for h, part in inside) for _, inside in measures)
            change = max(change, most - found[position])
            found[position] = most
        if change < 0.25:
            break
    return found


def _solved(plan: Plan) -> tuple[list[float], list[float] | None]:
    """Return about the limit of the series, and the steps of `_rounds`, by elimination. Nothing rests on it but time.

    Which measure of a party is the greatest, and who is capped, is guessed by sweeping; where elimination
    fails, the swept guess is all there is.
    """
    guess = _swept(plan)
    size = len(plan)
    rows: list[list[float]] = []
    for position, measures in enumerate(plan):
        row = [0.0] * (size + 2)
        row[position] = 1.0
        totals = [outside + sum(part * guess[h] for h, part in inside) for outside, inside in measures]
        if max(totals) >= 1.0:
            row[size] = 1.0
        else:
            outside, inside = measures[totals.index(max(totals))]
            row[size], row[size + 1] = outside, 1.0
            for holder, part in inside:
                row[holder] -= part
        rows.append(row)
    for column in range(size):
        pivot = max(range(column, size), key=lambda line: abs(rows[line][column]))
        if abs(rows[pivot][column]) < 1e-9:
            return guess, None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for line in range(size):
            factor = rows[line][column] / rows[column][column]
            if line != column and factor:
                rows[line] = [
                    mine - factor * theirs for mine, theirs in zip(rows[line], rows[column], strict=True)
                ]
    found = [rows[line][size] / rows[line][line] for line in range(size)]
    rounds = [rows[line][size + 1] / rows[line][line] for line in range(size)]
    if not all(0.0 <= share <= 1.0 and steps >= 0.0 for share, steps in zip(found, rounds, strict=True)):
        return guess, None
    return found, rounds


def components(
    subjects: Sequence[Sequence[int]], roots: Iterable[Sequence[int]], *, left_out: frozenset[int]
) -> list[list[int]]:
    """Return the circles (strongly connected parts) of all that is reached from `roots`, subjects before holders.

    Source: Tarjan 1972, without recursion.
    """
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    found: list[list[int]] = []
    for group in roots:
        for root in group:
            if root in order or root in left_out:
                continue
            order[root] = lowest[root] = len(order)
            stack.append(root)
            on_stack.add(root)
            work = [(root, iter(subjects[root]))]
            while work:
                node, rest = work[-1]
                for subject in rest:
                    if subject in left_out:
                        continue
                    if subject not in order:
                        order[subject] = lowest[subject] = len(order)
                        stack.append(subject)
                        on_stack.add(subject)
                        work.append((subject, iter(subjects[subject])))
                        break
                    if subject in on_stack and order[subject] < lowest[node]:
                        lowest[node] = order[subject]
                else:
                    work.pop()
                    if work and lowest[node] < lowest[work[-1][0]]:
                        lowest[work[-1][0]] = lowest[node]
                    if lowest[node] == order[node]:
                        circle: list[int] = []
                        while True:
                            top = stack.pop()
                            on_stack.discard(top)
                            circle.append(top)
                            if top == node:
                                break
                        found.append(circle)
    return found


def path_to(ledger: Ledger, subject: int, found: list[int], group: Control) -> list[tuple[int, int]]:
    """Return the links (holder, subject) from the excluded party to `subject` along the heaviest parts.

    Ends at whom it began with even in circles: no party is passed twice.
    """
    links: list[tuple[int, int]] = []
    seen = {subject}
    node = subject
    while node not in group:
        parts = [
            (share * found[holder], -holder)
            for rows in ledger.measures[node]
            for holder, share in rows.items()
            if found[holder] and holder not in seen
        ]
        if not parts:
            return links
        holder = -max(parts)[1]
        links.insert(0, (holder, node))
        seen.add(holder)
        node = holder
    return control_path(node, group) + links


def control_path(member: int, group: Control) -> list[tuple[int, int]]:
    """Return the links from the excluded party to one that it controls."""
    links: list[tuple[int, int]] = []
    node: int | None = member
    while node is not None:
        before = group.via[node]
        if before is not None:
            links.insert(0, (before, node))
        node = before
    return links
