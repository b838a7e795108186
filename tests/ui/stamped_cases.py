"""Bundles that bring time-stamps, good and damaged, that two verifiers are to judge alike."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from audit.manifest import Brought
from audit.meta import requirement, with_requirement
from audit.pins import write_pin
from tests.ui.verifying_cases import FLIPS_OF_PINS, SEED, Case, flip
from tests.unit.audit import stamping
from tests.unit.audit import test_watched as of_witnesses
from tests.unit.audit.making import FORGER, MadeLog, Signer, members_of, packed

WITH_FRACTION = datetime(2026, 2, 3, 4, 5, 6, 780_000, tzinfo=UTC)


def corpus() -> Iterator[Case]:
    """Yield bundles that bring time-stamps, and damaged ones, for readers who name no authority."""
    made, tsa = MadeLog(9), stamping.TSA
    fork, stranger = made.forked(9, at=5), MadeLog(9, signer=Signer("audit.example.com/rival", b"\x09" * 32))
    named = write_pin(of_witnesses.policy_of(made, 1), made.checkpoint(3))
    good, later = (
        stamping.stamped(made, 7),
        stamping.stamped(made, 9, before=300, authority=tsa.but(at=WITH_FRACTION)),
    )
    bundles = {
        "one": stamping.whole(made, good),
        "two": stamping.whole(made, good, later),
        "selected": stamping.selection(made, good, later, since=3),
        "with verifiers": stamping.whole(made, good, brought=Brought(verifier=b"v", page=b"p")),
        "another meta-log": stamping.whole(made, stamping.stamped(made, 7, signer=FORGER)),
    }
    other = Signer("audit.example.com/another-meta", b"\x0c" * 32)
    elsewhere = with_requirement(made.policy, requirement(other.vkey, of_witnesses.NAMED, 1))
    bundles["another meta-log named"] = stamping.whole(made, policy=elsewhere)
    bundles["another meta-log named and stamped"] = stamping.whole(
        made, stamping.stamped(made, 7, signer=other), policy=elsewhere
    )
    members = members_of(bundles["one"])
    wrong = {
        "stranger": replace(stamping.stamped(stranger, 7), growth=good.growth),
        "forged": replace(stamping.stamped(MadeLog(9, signer=FORGER), 7), growth=good.growth),
        "early fork": stamping.stamped(made, 7, told=fork),
        "fork": replace(stamping.stamped(made, 9, told=fork), growth=stamping.growth_of(made, 9)),
        "another size": replace(good, growth=stamping.growth_of(made, 6)),
        "no growth": replace(good, growth=b""),
        "no token": replace(good, token=b""),
        "more than a token": replace(good, token=good.token + b"\0"),
        "imprint": replace(good, token=stamping.token_over(b"else")),
        "hash": stamping.stamped(made, 7, authority=tsa.but(hash_name="sha3_256")),
        "refused": stamping.stamped(made, 7, authority=tsa.but(status="rejection")),
        "no leaf": replace(good, proof=replace(stamping.below(made.checkpoint(7), 6), extra=None).to_bytes()),
    }
    for what, bad in wrong.items():
        bundles[f"wrong: {what}"] = stamping.exchanged(made, bad, 9 if what == "fork" else 7)
    for name in [each for each in members if each.startswith("timestamps/")]:
        bundles[f"without {name}"] = packed(
            {each: content for each, content in members.items() if each != name}
        )
    bundles["stray"] = packed({**members, "timestamps/000000000007.txt": b"x"})
    bundles["moved"] = packed(
        {each.replace("000000000007", "000000000008"): content for each, content in members.items()}
    )
    for pin in (None, made.pin(3), made.pin(7), named):
        for what, bundle in bundles.items():
            yield Case(f"time-stamps: {what}, pin {pin and pin[-40:]!r}", bundle, pin)
    yield Case(
        "time-stamp over another root than the pin's",
        stamping.selection(fork, stamping.stamped(fork, 7)),
        made.pin(7),
    )
    randomly = Random(SEED)
    for name in [each for each in members if each.startswith("timestamps/")]:
        for _ in range(FLIPS_OF_PINS):
            what, content = flip(name, members[name], randomly)
            yield Case(what, packed({**members, name: content}), made.pin(3))
