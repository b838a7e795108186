"""Attestations: nothing mandatory can be left out, whatever is made, written or read."""

import dataclasses
import json
from datetime import timedelta
from typing import Any

import pytest

from audit.attestation import (
    PREDICATE_TYPE,
    Attestation,
    GraphUsed,
    LogState,
    Period,
    Planted,
    PolicyUsed,
    Population,
    Results,
    Verifier,
    statement_of,
)
from audit.errors import EvidenceRefused, Malformed, Unsound
from audit.leaf import canonical_json
from audit.merkle import tree_head
from tests.unit.audit.attesting import (
    COUNTED,
    ISSUED,
    attestation,
    digest,
)
from tests.unit.audit.making import LOG

SOUND = attestation()
DOCUMENT = statement_of(SOUND)
SOON = ISSUED + timedelta(days=1)


def test_the_statement_has_the_names_of_in_toto_and_of_the_study() -> None:
    assert json.loads(SOUND.to_bytes()) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": LOG.name, "digest": {"sha256": tree_head(COUNTED).hex()}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "verifier": {
                "id": "isolation-checker@0.1.0",
                "policies": [
                    {"digest": {"sha256": digest("policy").hex()}, "version": 3, "signature": "signed"}
                ],
            },
            "period": {"from": "2026-04-01T00:00:00Z", "to": "2026-07-01T00:00:00Z"},
            "log": {"origin": LOG.name, "size": 7, "root": tree_head(COUNTED).hex()},
            "graph": {
                "version": 812,
                "digest": {"sha256": digest("graph").hex()},
                "statements": 412,
                "unknown": 3,
                "oldest_days": 61,
            },
            "excluded": ["lei:0123456789ABCDEFGHIJ (Excluded Co.)"],
            "population": {
                "accesses": 5,
                "actors": 2,
                "destinations": 0,
                "subprocessors": 0,
                "decisions": 6,
            },
            "results": {"violations": 0, "exposures": 0, "denied": 1, "reviews": 0},
            "planted": {"run": 58, "detected": 58, "report": {"sha256": digest("report").hex()}},
            "unknowns": ["3 statements name no holder"],
            "mitigations": [
                {"plan": "plan-1", "people": 4, "purpose": "image quality", "until": "2026-12-31"}
            ],
            "looser": ["cooling-off 200 days, default 365"],
            "limits": ["declared affiliations"],
            "issued": "2026-07-01T12:00:00Z",
            "expires": "2026-09-29T12:00:00Z",
        },
    }
    assert Attestation.parse(SOUND.to_bytes()) == SOUND


VALUES = (Attestation, Verifier, PolicyUsed, Period, LogState, GraphUsed, Population, Results, Planted)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_no_part_of_a_statement_has_a_default(value: type) -> None:
    # Without a default, leaving a part out is a TypeError before anything can be printed.
    for part in dataclasses.fields(value):
        assert part.default is dataclasses.MISSING, part.name
        assert part.default_factory is dataclasses.MISSING, part.name


def places(document: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every named part, at every depth."""
    found: list[tuple[str | int, ...]] = []
    if isinstance(document, dict):
        for name, value in document.items():
            found += [(*path, name), *places(value, (*path, name))]
    elif isinstance(document, list):
        for number, value in enumerate(document):
            found += places(value, (*path, number))
    return found


def altered(path: tuple[str | int, ...], **change: Any) -> bytes:
    """Return the document with the part at `path` removed, or with `value` in its place."""
    document = json.loads(SOUND.to_bytes())
    at = document
    for step in path[:-1]:
        at = at[step]
    if "value" in change:
        at[path[-1]] = change["value"]
    else:
        del at[path[-1]]
    return canonical_json(document)


@pytest.mark.parametrize("path", places(DOCUMENT), ids=lambda path: ".".join(map(str, path)))
def test_a_statement_without_any_one_part_is_not_read(path: tuple[str | int, ...]) -> None:
    with pytest.raises(EvidenceRefused):
        Attestation.parse(altered(path))


@pytest.mark.parametrize("path", places(DOCUMENT), ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize("value", [None, -1, "", {}, [None], True], ids=repr)
def test_a_part_of_another_kind_is_not_read(path: tuple[str | int, ...], value: object) -> None:
    with pytest.raises(EvidenceRefused):
        Attestation.parse(altered(path, value=value))


def test_a_name_that_is_not_known_here_is_not_read() -> None:
    for path in (("more",), ("predicate", "more"), ("predicate", "results", "more"), ("subject", 0, "more")):
        with pytest.raises(Malformed, match="not known here"):
            Attestation.parse(altered(path, value=1))


UNSOUND: dict[str, tuple[dict[str, Any], str]] = {
    "population 0": (
        {
            "population": lambda: Population(
                accesses=0, actors=0, destinations=0, subprocessors=0, decisions=0
            )
        },
        "population 0",
    ),
    "accesses by nobody": (
        {
            "population": lambda: Population(
                accesses=5, actors=0, destinations=0, subprocessors=0, decisions=6
            )
        },
        "neither a person nor a place",
    ),
    "a plant that was missed": (
        {"planted": lambda: Planted(run=58, detected=57, report=digest("report"))},
        "58 violations were planted and 57 found",
    ),
    "more found than planted": (
        {"planted": lambda: Planted(run=58, detected=59, report=digest("report"))},
        "58 violations were planted and 59 found",
    ),
    "nothing planted": (
        {"planted": lambda: Planted(run=0, detected=0, report=digest("report"))},
        "no violation was planted",
    ),
    "nobody excluded": ({"excluded": lambda: ()}, "excluded"),
    "no limits": ({"limits": lambda: ()}, "limits"),
    "no policy": ({"verifier": lambda: Verifier(id="checker", policies=())}, "no policy"),
    "a signed template": (
        {
            "verifier": lambda: Verifier(
                id="checker", policies=(PolicyUsed(digest=digest("policy"), version=0, signed=True),)
            )
        },
        "signed by nobody",
    ),
    "no age of the graph": (
        {
            "graph": lambda: GraphUsed(
                version=1, digest=digest("graph"), statements=9, unknown=0, oldest_days=None
            )
        },
        "age of the oldest",
    ),
    "more failures than accesses": (
        {"results": lambda: Results(violations=4, exposures=2, denied=0, reviews=0)},
        "more accesses failed",
    ),
    "more refusals than decisions": (
        {"results": lambda: Results(violations=0, exposures=0, denied=6, reviews=1)},
        "more was refused",
    ),
    "more accesses than entries": (
        {
            "population": lambda: Population(
                accesses=8, actors=2, destinations=0, subprocessors=0, decisions=9
            )
        },
        "than the log had events",
    ),
    "issued too early": ({"issued": lambda: ISSUED - timedelta(days=1)}, "before its period had ended"),
    "never expiring": ({"expires": lambda: ISSUED + timedelta(days=400)}, "expire within a year"),
    "expired at birth": ({"expires": lambda: ISSUED}, "expire within a year"),
    "a period backwards": (
        {"period": lambda: Period(start=ISSUED, end=ISSUED - timedelta(days=1))},
        "ends before it begins",
    ),
}


@pytest.mark.parametrize("what", UNSOUND)
def test_what_says_too_little_cannot_be_made(what: str) -> None:
    changes, why = UNSOUND[what]
    with pytest.raises(Unsound, match=why):
        attestation(**{name: make() for name, make in changes.items()})
