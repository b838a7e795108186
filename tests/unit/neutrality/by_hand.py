"""Small ownership graphs with their verdicts, worked out by hand with the arithmetic written out.

W is the excluded party. `expect` names every party that is not clean: (what its people meet, by which rules);
whoever is not named is clean. Each was worked out from the decided readings before the code ran on it.
Where the two differed at first, the reasoning says who was right.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.unit.neutrality.making import World


@dataclass(frozen=True)
class Case:
    name: str
    build: Callable[[World], object]
    expect: dict[str, tuple[str, set[str]]]
    reasoning: str
    excluded: tuple[str, ...] = ("W",)


DENY_CONTROL = ("deny", {"control"})
DENY_ECONOMIC = ("deny", {"economic"})
UNKNOWN = ("review", {"unknown"})

CASES: list[Case] = []


def case(name: str, expect: dict[str, tuple[str, set[str]]], reasoning: str, *excluded: str):  # type: ignore[no-untyped-def]
    def add(build: Callable[[World], object]) -> Callable[[World], object]:
        CASES.append(Case(name, build, expect, reasoning, excluded or ("W",)))
        return build

    return add
