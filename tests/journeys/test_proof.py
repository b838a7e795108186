"""A bundle of the running demo: good with its pin on a machine without anything, worthless once touched."""

import os
import random
import time
from dataclasses import dataclass

import pytest

from tests import box
from tests.journeys.api import Api
from tests.journeys.demo_install import DemoInstall
from tests.journeys.events import events_of
from tests.journeys.flips import flip_each, verdict_of
from tests.journeys.forgery import forge
from tests.journeys.offline import BareMachine
from tests.unit.audit.making import members_of

SAMPLE = 1_500


@dataclass
class Evidence:
    """What a customer holds: a pin from before, and a bundle from after one more answer."""

    pin: bytes
    bundle: bytes
    receipt: str


@pytest.fixture(scope="module")
def evidence(running_demo: DemoInstall) -> Evidence:
    """Take the pin, answer one item, take the bundle that covers the answer."""
    running_demo.settle()
    tenant = running_demo.person("Lena").tenant
    owner = Api(running_demo, tenant, running_demo.token(tenant, "owner"))
    labeler = Api(running_demo, tenant, running_demo.token(tenant, "labeler"))
    pin = owner.pin()
    project = labeler.project_named("What do people feel?")
    agreed = {"kind": "purpose", "version": 1, "decision": "accepted"}
    labeler.post(f"projects/{project}/acknowledgements", agreed)
    task = labeler.post(f"projects/{project}/tasks/next")["tasks"][0]
    done = labeler.post(f"tasks/{task['id']}/submission", {"answer": {"feeling": "mixed"}})
    event_id = done["receipt"].partition(";")[0]
    running_demo.until(
        lambda: owner.ask("GET", f"audit/receipts/{event_id}").status_code == 200,
        "a checkpoint covers it",
        30,
    )
    return Evidence(pin, owner.bundle(), done["receipt"])


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> BareMachine:
    """A machine without the server."""
    return BareMachine(tmp_path_factory.mktemp("bare"))


@pytest.mark.parametrize(
    ("name", "there"), [("cryptography", True), ("django", False), ("psycopg", False), ("tenants", False)]
)
def test_the_bare_machine_has_the_verifier_and_no_server(machine, name, there):
    assert machine.can_import(name) is there


def test_the_bundle_is_good_with_the_pin_and_not_anchored_without(machine, evidence, tmp_path):
    bundle, pin = tmp_path / "proof.zip", tmp_path / "log.pin"
    bundle.write_bytes(evidence.bundle)
    pin.write_bytes(evidence.pin)

    assert machine.verify(bundle, pin)[0] == 0
    assert machine.verify(bundle)[0] == 4
    bundle.write_bytes(evidence.bundle[:-1] + b"\x01")
    assert machine.verify(bundle, pin)[0] in (1, 2)
    assert machine.verify(tmp_path / "nothing", pin)[0] == 2


def test_the_answer_is_in_it_under_its_receipt(evidence):
    event_id = evidence.receipt.partition(";")[0]
    found = [event for event in events_of(evidence.bundle, evidence.pin) if event.get("event") == event_id]
    assert [event["verb"] for event in found] == ["submission.accepted"]


def test_a_sample_of_flipped_bytes_is_refused(evidence):
    dice = random.Random(20)
    places = sorted(dice.sample(range(len(evidence.bundle)), min(SAMPLE, len(evidence.bundle))))
    # The first and the last 300 bytes are those of the zip's own structure.
    edges = [*range(300), *range(len(evidence.bundle) - 300, len(evidence.bundle))]

    _, passed = flip_each(evidence.bundle, evidence.pin, sorted({*places, *edges}), mask=0xFF, seconds=40)

    assert passed == {}


def test_a_byte_flipped_in_each_member_is_refused_by_the_command_itself(machine, evidence, tmp_path):
    bundle, pin = tmp_path / "proof.zip", tmp_path / "log.pin"
    pin.write_bytes(evidence.pin)
    codes = {}
    for name, content in members_of(evidence.bundle).items():
        at = evidence.bundle.find(content[:400])
        assert at > 0, name
        spoiled = bytearray(evidence.bundle)
        spoiled[at + min(len(content) // 2, 199)] ^= 0x01
        bundle.write_bytes(spoiled)
        codes[name] = machine.verify(bundle, pin)[0]
    assert len(codes) > 5
    assert set(codes.values()) <= {1, 2}, codes


def test_a_complete_forgery_under_new_keys_is_wrong_for_whoever_has_a_pin(machine, evidence, tmp_path):
    forged = forge(evidence.bundle, without="submission.accepted")
    bundle, pin = tmp_path / "proof.zip", tmp_path / "log.pin"
    bundle.write_bytes(forged)
    pin.write_bytes(evidence.pin)

    assert machine.verify(bundle, pin)[0] == 1
    # By itself it holds together: nothing but the pin tells it from the truth.
    assert machine.verify(bundle)[0] == 4


@pytest.mark.long
def test_every_byte_flipped_in_turn_is_refused(demo):
    """The rival's log is the shorter one. Each byte with one random bit, in random order, within the box."""
    tenant = demo.person("Yuki").tenant
    owner = Api(demo, tenant, demo.token(tenant, "owner"))
    pin, bundle = owner.pin(), owner.bundle()
    seed = int(os.environ.get("SEED", time.time_ns() % 2**32))
    dice = random.Random(seed)
    places = list(range(len(bundle)))
    dice.shuffle(places)

    tried, passed = flip_each(bundle, pin, places, mask=1 << dice.randrange(8), seconds=box.share(0.25))

    print(f"\nseed {seed}: {tried} of {len(places)} bytes flipped, one at a time; passed: {passed}")
    assert passed == {}
    assert tried > 0
    assert verdict_of(bundle, pin) == 0
