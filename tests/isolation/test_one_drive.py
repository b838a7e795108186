"""One drive of the routes serves several checks: none of them is green over a record that is empty or partial."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType

import pytest

from tenants.isolation import tour
from tenants.isolation.findings import Status
from tenants.isolation.probe import Probe, all_probes, wall_named
from tenants.isolation.rehearse import ask, shared_drive, taken_down
from tenants.isolation.surface import Route, tenant_routes
from tenants.isolation.target import Target
from tenants.isolation.visits import Asked, Kind, Record, Visit

DRIVEN = tuple(probe for probe in all_probes() if probe.driven)
EVERY = [pytest.param(probe, id=probe.id) for probe in DRIVEN]
JUDGES = ("EG-02", "EG-03", "LG-02", "PE-01")
STRAY = "a connection to 192.0.2.1 port 443"


@pytest.fixture(scope="module")
def record(shadow: Target) -> Record:
    """A whole drive over standing walls."""
    with shared_drive(shadow):
        assert ask(of("EG-02"), shadow).status is Status.PASS
        assert shadow.record is not None
        return shadow.record


def of(check: str) -> Probe:
    """Return one probe."""
    return next(probe for probe in DRIVEN if probe.id == check)


def module_of(probe: Probe) -> ModuleType:
    """Return where a probe stands."""
    return importlib.import_module(probe.detect.__module__)


@pytest.fixture
def untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a record says is judged here; PE-07's times are measured in its rehearsal."""
    monkeypatch.setattr(module_of(of("PE-07")).Comparison, "_time", lambda *_: None)


@contextmanager
def given(shadow: Target, record: Record) -> Iterator[None]:
    """Let the checks judge this record."""
    shadow.record = record
    try:
        yield
    finally:
        shadow.record = None


def without(record: Record, *left_out: Route) -> Record:
    """Return a record that lacks some routes."""
    kept = {route: visit for route, visit in record.visits.items() if route not in left_out}
    return Record(kept, record.changed)


def cut(record: Record, route: Route, *kinds: Kind) -> Record:
    """Return a record in which one visit lacks some kinds of requests."""
    visit = record.visits[route]
    kept = [asked for asked in visit.asked if asked.kind not in kinds]
    return Record({**record.visits, route: replace(visit, asked=kept)}, record.changed)


def with_one(record: Record, route: Route, kind: Kind, **facts: object) -> Record:
    """Return a record in which one request of a kind has other facts: by the role that reaches an own object there."""
    visit = record.visits[route]
    found = visit.one(kind, visit.reached) or visit.of(kind)[0]
    asked = [replace(each, **facts) if each is found else each for each in visit.asked]
    return Record({**record.visits, route: replace(visit, asked=asked)}, record.changed)


def some_route(record: Record, *, by_path: bool = True) -> Visit:
    """Return a visit of a page that takes an id, reached by somebody."""
    return next(
        visit
        for visit in record
        if visit.route.method == "GET" and visit.by_path is by_path and visit.reached is not None
    )


def test_the_drive_calls_every_route_in_every_way(record: Record) -> None:
    assert set(record.visits) == set(tenant_routes())
    for visit in record:
        assert visit.trouble == visit.rival_trouble == "", visit.route.label
        assert visit.of(Kind.OWN), visit.route.label
        assert len(visit.of(Kind.THERE)) == 1, visit.route.label
        across = {asked.role for asked in visit.of(Kind.ACROSS)}
        assert across == (set(visit.roles) if visit.by_ids else set()), visit.route.label
        assert not visit.by_path or visit.one(Kind.ABSENT, visit.reached), visit.route.label
    assert record.changed == []


@pytest.mark.parametrize("probe", EVERY)
def test_a_whole_record_is_judged_green(probe: Probe, shadow: Target, record: Record, untimed: None) -> None:
    with given(shadow, record):
        assert ask(probe, shadow).violations == ()
        assert probe.id == "PE-07" or ask(probe, shadow).status is Status.PASS


@pytest.mark.parametrize("probe", EVERY)
def test_an_empty_record_is_inconclusive(probe: Probe, shadow: Target) -> None:
    with given(shadow, Record()):
        finding = ask(probe, shadow)
    assert (finding.status, finding.trouble) == (Status.INCONCLUSIVE, "")


@pytest.mark.parametrize("probe", EVERY)
def test_a_record_without_one_route_is_inconclusive(
    probe: Probe, shadow: Target, record: Record, untimed: None
) -> None:
    route = some_route(record).route
    with given(shadow, without(record, route)):
        finding = ask(probe, shadow)
    assert finding.status is Status.INCONCLUSIVE
    assert f"{route.label}: it was not driven" in finding.notes


@pytest.mark.parametrize(
    ("check", "kinds"),
    [
        ("EG-02", [Kind.OWN]),
        ("EG-03", [Kind.ABSENT]),
        ("LG-02", [Kind.OWN]),
        ("PE-01", [Kind.OWN]),
        ("PE-01", [Kind.ACROSS]),
        ("PE-01", [Kind.THERE]),
        ("PE-07", [Kind.ABSENT]),
        ("PE-07", [Kind.ACROSS]),
    ],
)
def test_a_visit_without_the_requests_that_a_check_needs_is_inconclusive(
    check: str, kinds: list[Kind], shadow: Target, record: Record, untimed: None
) -> None:
    route = some_route(record).route
    with given(shadow, cut(record, route, *kinds)):
        finding = ask(of(check), shadow)
    assert finding.status is Status.INCONCLUSIVE
    assert any(note.startswith(route.label) for note in finding.notes)


def test_a_record_whose_end_nobody_looked_at_is_inconclusive(shadow: Target, record: Record) -> None:
    with given(shadow, Record(record.visits, None)):
        assert ask(of("PE-01"), shadow).status is Status.INCONCLUSIVE
    with given(shadow, Record(record.visits, ["public.tenants_member"])):
        assert ask(of("PE-01"), shadow).status is Status.FAIL


@pytest.mark.parametrize(
    ("check", "kind", "fact"),
    [
        ("EG-02", Kind.OWN, "strays"),
        ("EG-02", Kind.THERE, "strays"),
        ("EG-03", Kind.OWN, "caught"),
        ("EG-03", Kind.ABSENT, "answer"),
        ("LG-02", Kind.OWN, "shown"),
        ("PE-01", Kind.OWN, "changed"),
        ("PE-01", Kind.ACROSS, "answer"),
        ("PE-07", Kind.ACROSS, "answer"),
    ],
)
def test_each_fact_turns_its_own_check_red(
    check: str, kind: Kind, fact: str, shadow: Target, record: Record, untimed: None
) -> None:
    visit = (
        next(each for each in record if each.route.label == "GET annotation:project")
        if (fact == "shown")
        else some_route(record)
    )
    first = visit.one(kind, visit.reached) or visit.of(kind)[0]
    sealed = module_of(of("EG-03"))
    needle = next(text for text, name in sealed._needles(shadow).items() if name not in sealed.FRAME)
    values: dict[str, object] = {
        "strays": (STRAY,),
        "caught": (("log line", b"said: " + needle),),
        "changed": ("public.tenants_member",),
        "shown": first.shown and replace(first.shown, told=()),
        "answer": replace(
            first.answer, status=404 if check == "EG-03" else 418, body=first.answer.body + needle
        ),
    }
    with given(shadow, with_one(record, visit.route, kind, **{fact: values[fact]})):
        findings = {each: ask(of(each), shadow) for each in (*JUDGES, "PE-07")}
    assert findings[check].status is Status.FAIL
    if fact != "answer":
        assert {each for each, finding in findings.items() if finding.violations} == {check}


def test_no_record_outlives_a_plant_or_stands_while_one_does(shadow: Target, record: Record) -> None:
    probe, plant = wall_named("EG-02/page")
    with shared_drive(shadow):
        shadow.record = record
        with taken_down(plant, shadow, enough=1):
            assert shadow.record is None
            assert ask(probe, shadow).status is Status.FAIL
            assert shadow.record is None
        assert (shadow.record, shadow.sharing) == (None, True)
    assert (shadow.record, shadow.sharing) == (None, False)


def test_a_drive_that_breaks_is_kept_for_nobody(shadow: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: tour.Tour, visit: Visit, *more: object) -> Asked:
        raise ConnectionError("gone")

    monkeypatch.setattr(tour.Tour, "_ask", broken)
    with shared_drive(shadow):
        for probe in DRIVEN:
            assert ask(probe, shadow).status is Status.ERROR
            assert shadow.record is None
