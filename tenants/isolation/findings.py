"""What a check found, as plain values: evidence, findings, plants, and the code a run ends with. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

MOST_EVIDENCE = 20
"""Pieces of evidence that a finding keeps; the rest is counted."""


NOBODY = UUID(int=0)
"""Stands for a tenant in evidence that names two of them: the operator alone reads it."""


class Status(StrEnum):
    """What a finding says about its wall."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    LEARNED = "learned"
    """No wall failed, but what is known now would have refused what was let through then."""
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


class ExitCode(IntEnum):
    """How a run ends, for scripts."""

    PASS = 0
    VIOLATION = 1
    UNDETECTED = 2
    COULD_NOT_RUN = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """One violation: what was seen, and at whose rows when it is one tenant's."""

    text: str
    tenant_id: UUID | None = None

    def shown_to(self, tenant_id: UUID | None) -> str:
        """Return the text for a reader in `tenant_id`; None reads all. No tenant reads of another one."""
        if tenant_id is None or self.tenant_id is None or self.tenant_id == tenant_id:
            return self.text
        return "something at the rows of another workspace; the operator's report names it"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question.

    Attributes:
        check: id of the probe, for example `DB-02`.
        expected: how many things there were to examine, counted from the system itself.
        examined: how many of them were examined.
        violations: what is wrong, as far as it is kept.
        notes: what was left out, and what else a reader should know.
        trouble: why the question could not be asked; empty when it could.
        more: violations beyond those kept, or what was learned beyond that.
        learned: what enforcement could not know when it happened; it ends no run, and is never kept quiet.
    """

    check: str
    expected: int
    examined: int
    violations: tuple[Evidence, ...] = ()
    notes: tuple[str, ...] = ()
    trouble: str = ""
    more: int = 0
    learned: tuple[Evidence, ...] = ()

    @property
    def told(self) -> tuple[Evidence, ...]:
        """Violations, then what was learned."""
        return self.violations + self.learned

    @property
    def status(self) -> Status:
        """A violation fails; having examined nothing, or less than there is, never passes."""
        if self.violations:
            return Status.FAIL
        if self.trouble:
            return Status.ERROR
        if self.examined == 0 or self.examined < self.expected:
            return Status.INCONCLUSIVE
        return Status.LEARNED if self.learned else Status.PASS

    def as_json(self, reader: UUID | None = None) -> dict[str, Any]:
        """Return plain JSON for a reader in one tenant, or for the operator (None)."""
        return {
            "check": self.check,
            "status": self.status.value,
            "expected": self.expected,
            "examined": self.examined,
            "evidence": [each.shown_to(reader) for each in self.told],
            "more": self.more,
            "notes": list(self.notes),
            "trouble": self.trouble,
        }


@dataclass(slots=True)
class Tally:
    """Counts what a probe expects and examines while it runs, and collects what is wrong."""

    check: str
    expected: int = 0
    examined: int = 0
    violations: list[Evidence] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lessons: list[Evidence] = field(default_factory=list)

    def look(self, count: int = 1) -> None:
        """Count things that were there and were examined."""
        self.expected += count
        self.examined += count

    def miss(self, why: str, count: int = 1) -> None:
        """Count things that were there and could not be examined."""
        self.expected += count
        self.notes.append(why)

    def wrong(self, text: str, tenant_id: UUID | None = None) -> None:
        """Keep one violation."""
        self.violations.append(Evidence(text, tenant_id))

    def learn(self, text: str, tenant_id: UUID | None = None) -> None:
        """Keep one thing that nobody could know when it happened."""
        self.lessons.append(Evidence(text, tenant_id))

    def finding(self) -> Finding:
        """Return what was found."""
        return Finding(
            self.check,
            self.expected,
            self.examined,
            tuple(self.violations[:MOST_EVIDENCE]),
            tuple(self.notes[:MOST_EVIDENCE]),
            more=sum(max(0, len(kept) - MOST_EVIDENCE) for kept in (self.violations, self.lessons)),
            learned=tuple(self.lessons[:MOST_EVIDENCE]),
        )


@dataclass(frozen=True, slots=True)
class Planted:
    """What became of one plant: whether its probe turned red over it."""

    wall: str
    words: str
    detected: bool
    evidence: tuple[str, ...] = ()
    trouble: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "wall": self.wall,
            "words": self.words,
            "detected": self.detected,
            "evidence": list(self.evidence),
            "trouble": self.trouble,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Planted":
        """Read what `as_json` wrote."""
        return cls(
            values["wall"], values["words"], values["detected"], tuple(values["evidence"]), values["trouble"]
        )


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the shadow says about one probe: each plant, and that it stays quiet over standing walls."""

    check: str
    planted: tuple[Planted, ...]
    quiet: bool
    trouble: str = ""

    @property
    def sound(self) -> bool:
        """Whether this probe may be believed: it finds every plant, and nothing where nothing is."""
        return self.quiet and bool(self.planted) and all(each.detected for each in self.planted)

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "check": self.check,
            "planted": [each.as_json() for each in self.planted],
            "quiet": self.quiet,
            "trouble": self.trouble,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Rehearsal":
        """Read what `as_json` wrote."""
        planted = tuple(Planted.from_json(each) for each in values["planted"])
        return cls(values["check"], planted, values["quiet"], values["trouble"])


def exit_code(findings: Sequence[Finding], rehearsals: Iterable[Rehearsal]) -> ExitCode:
    """Return the code of a run.

    A violation counts unless its own probe is known to be unsound: one that also fails over standing
    walls, or misses a plant, says nothing either way. Nothing examined is never a pass. What was learned later
    stands in the report and changes no code: no wall can be mended by it, and it stays true for ever.
    """
    by_check = {each.check: each for each in rehearsals}
    sound = {check for check, each in by_check.items() if each.sound}
    if any(each.status is Status.FAIL and each.check not in by_check.keys() - sound for each in findings):
        return ExitCode.VIOLATION
    if by_check.keys() - sound:
        return ExitCode.UNDETECTED
    good = (Status.PASS, Status.LEARNED)
    if not findings or any(each.status not in good or each.check not in sound for each in findings):
        return ExitCode.COULD_NOT_RUN
    return ExitCode.PASS
