"""What findings and rehearsals say, and the code that a run ends with."""

from uuid import uuid4

import pytest

from tenants.isolation.findings import (
    MOST_EVIDENCE,
    Evidence,
    ExitCode,
    Finding,
    Planted,
    Rehearsal,
    Status,
    Tally,
    exit_code,
)

SOUND = Rehearsal("X-1", (Planted("X-1/a", "a", True),), True)
MISSED = Rehearsal("X-1", (Planted("X-1/a", "a", True), Planted("X-1/b", "b", False)), True)
ALWAYS_RED = Rehearsal("X-1", (Planted("X-1/a", "a", True),), False)
WITHOUT_PLANTS = Rehearsal("X-1", (), True)
PASSED = Finding("X-1", 3, 3)
FAILED = Finding("X-1", 3, 3, (Evidence("seen"),))
EMPTY = Finding("X-1", 0, 0)
BROKEN = Finding("X-1", 0, 0, trouble="KeyError")


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        (PASSED, Status.PASS),
        (FAILED, Status.FAIL),
        (EMPTY, Status.INCONCLUSIVE),
        (Finding("X-1", 3, 2), Status.INCONCLUSIVE),
        (Finding("X-1", 3, 2, (Evidence("seen"),)), Status.FAIL),
        (BROKEN, Status.ERROR),
    ],
)
def test_examining_nothing_or_too_little_is_never_a_pass(finding: Finding, status: Status) -> None:
    assert finding.status is status


@pytest.mark.parametrize(
    ("finding", "rehearsal", "code"),
    [
        (PASSED, SOUND, ExitCode.PASS),
        (FAILED, SOUND, ExitCode.VIOLATION),
        (PASSED, MISSED, ExitCode.UNDETECTED),
        (PASSED, WITHOUT_PLANTS, ExitCode.UNDETECTED),
        (FAILED, ALWAYS_RED, ExitCode.UNDETECTED),
        (EMPTY, SOUND, ExitCode.COULD_NOT_RUN),
        (BROKEN, SOUND, ExitCode.COULD_NOT_RUN),
        (FAILED, None, ExitCode.VIOLATION),
        (PASSED, None, ExitCode.COULD_NOT_RUN),
    ],
)
def test_the_exit_code_believes_sound_probes_only(
    finding: Finding, rehearsal: Rehearsal | None, code: ExitCode
) -> None:
    assert exit_code([finding], [rehearsal] if rehearsal else []) is code


def test_a_run_that_asked_nothing_is_no_pass() -> None:
    assert exit_code([], []) is ExitCode.COULD_NOT_RUN


def test_evidence_about_one_tenant_is_kept_from_another() -> None:
    ours, theirs = uuid4(), uuid4()
    evidence = Evidence(f"row of {theirs}", theirs)

    assert evidence.shown_to(None) == evidence.shown_to(theirs) == f"row of {theirs}"
    assert str(theirs) not in evidence.shown_to(ours)


def test_much_evidence_is_counted_and_not_kept() -> None:
    tally = Tally("X-1")
    tally.look()
    for n in range(MOST_EVIDENCE + 5):
        tally.wrong(str(n))

    finding = tally.finding()

    assert (len(finding.violations), finding.more, finding.status) == (MOST_EVIDENCE, 5, Status.FAIL)


def test_a_rehearsal_reads_back_what_it_wrote() -> None:
    assert Rehearsal.from_json(MISSED.as_json()) == MISSED
