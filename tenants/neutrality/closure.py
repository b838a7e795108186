"""Control to a fixpoint, and economic interest summed over chains, paths and circles. Pure, whole numbers only.

Control (more than half of the votes, counted over all that is controlled; appointment of a majority; control
by contract): who is controlled counts as the controller itself. Below control, chains multiply and paths add.

The share of a party is the greatest solution, in whole units, of

    share(v) = min(100 %, max over its measures of sum of part(h, v) * share(h), rounded up)

with 100 % for the controlled. Without circles it is exact to a unit for each link. In a circle, whatever no
step leads upwards from is an upper bound of the limit of the series (the least solution), and stays one at
each step down: whoever stops early stops on the safe side. Circles of up to `SMALL` parties go all the way;
in larger ones the bound is proven and lies at most `SLACK * 100` units above a floating-point estimate.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tenants.neutrality.ledger import HALF, SCALE, Ledger

MOST_VISITS = 4_000_000
"""Parts looked at while one circle is summed; beyond it the bound reached so far stands."""

SLACK = 16
"""Units above an estimate at which the iteration of a circle begins; a hundred times that if it was too low."""

SMALL = 64
"""Parties of a circle that is iterated to the last unit."""

MOST_SWEEPS = 400


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

    An upper bound of the true share, above it by at most a unit for each link of the chains, unless a
    circle takes more than `MOST_VISITS` parts to sum: then by what was not summed.
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
    guesses = [int(guess * SCALE) for guess in _estimate(ledger, component, found)]
    for slack in (SLACK, SLACK * 100, SCALE):
        for subject, guess in zip(component, guesses, strict=True):
            found[subject] = min(SCALE, guess + slack)
        # An estimate may only be used if it is above the limit: then no step from it leads upwards.
        if all(_part(ledger, subject, found) <= found[subject] for subject in component):
            if slack < SCALE and len(component) > SMALL:
                return
            break
    inside = set(component)
    waiting, visits = component, 0
    while waiting and visits < MOST_VISITS:
        again: set[int] = set()
        for subject in waiting:
            visits += 1 + sum(map(len, ledger.measures[subject]))
            lower = _part(ledger, subject, found)
            if lower < found[subject]:
                found[subject] = lower
                again.update(ledger.subjects[subject])
        again &= inside
        waiting = [subject for subject in component if subject in again]


def _estimate(ledger: Ledger, component: list[int], found: list[int]) -> list[float]:
    """Return about the limit of the series, by floating point from below. Nothing rests on it but time."""
    inside = set(component)
    guess = dict.fromkeys(component, 0.0)
    plan: list[tuple[int, list[tuple[float, list[tuple[int, float]]]]]] = []
    for subject in component:
        measures: list[tuple[float, list[tuple[int, float]]]] = []
        for rows in ledger.measures[subject]:
            outside = sum(share * found[holder] for holder, share in rows.items() if holder not in inside)
            within = [(holder, share / SCALE) for holder, share in rows.items() if holder in inside]
            measures.append((outside / SCALE / SCALE, within))
        plan.append((subject, measures))
    for _ in range(MOST_SWEEPS):
        change = 0.0
        for subject, measures in plan:
            most = 0.0
            for outside, within in measures:
                total = outside
                for holder, share in within:
                    total += share * guess[holder]
                if total > most:
                    most = total
            most = min(most, 1.0)
            change = max(change, most - guess[subject])
            guess[subject] = most
        if change < 1e-12:
            break
    return [guess[subject] for subject in component]


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
