"""Whose time-stamp it is: a browser says what the command says, by the certificates that its reader gives."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Page

from audit.single_page import BUILT
from audit.verify.judge import Verdict
from tests.ui import authority_cases as cases
from tests.ui.forged_tokens import ODD_CERTIFICATES, ODD_NAMES, certificate, for_time, forger, root, stranger
from tests.ui.verifying import Reader, answer_of_python, answers_of_page, said_by_python
from tests.ui.verifying_cases import Case
from tests.unit.audit import stamping

CANNOT = 5
REFUSED = {int(Verdict.PROOF_WRONG), int(Verdict.MALFORMED), CANNOT}
KINDS = (
    "imprints",
    "attributes",
    "certificates",
    "signatures",
    "chains",
    "purposes",
    "roots",
    "notes",
    "flips",
)
SAME_WORDS = ("imprints", "attributes", "certificates", "signatures", "purposes", "roots")
"""Of what is refused, too: of chains and of names `cryptography` tells with words of its own what does not parse."""

pytestmark = [pytest.mark.ui, pytest.mark.skipif(not BUILT.exists(), reason="the page is not built: make ui")]


@pytest.fixture
def reader(open_page: Callable[..., Page]) -> Reader:
    return Reader(open_page(BUILT.as_uri()))


@ODD_CERTIFICATES
@ODD_NAMES
def test_both_verifiers_answer_alike_about_time_stamps(open_page: Callable[..., Page]) -> None:
    asked = list(cases.corpus())
    found: Counter[tuple[str, bool]] = Counter()
    differing = []
    for case, (got, shown, limits, words) in zip(
        asked, answers_of_page(open_page(BUILT.as_uri()), asked), strict=True
    ):
        expected, report, why = answer_of_python(case)
        kind = case.what.partition(":")[0]
        found[kind, expected in (Verdict.PROOF_WRONG, Verdict.MALFORMED)] += 1
        # A flipped bit can make a certificate that one of the two cannot read at all; both refuse it.
        alike = got == expected or (kind == "flips" and {got, expected} <= REFUSED)
        if not alike:
            differing.append(f"{case.what}: {got}, and in Python {expected} ({why}); {words!r}")
        elif report is not None and (shown, limits) != (said := said_by_python(report)[:2]):
            differing.append(f"{case.what}: {shown}, and in Python {said}")
        elif kind in SAME_WORDS and why not in words:
            differing.append(f"{case.what}: {words!r}, and in Python {why}")
    assert differing == [], f"{len(differing)} of {found.total()}"
    # Each kind holds many that are wrong, and some that are not.
    assert all(found[kind, True] >= 8 for kind in KINDS), found
    assert all(found[kind, False] >= 1 for kind in KINDS), found
    print(f"{found.total()} bundles with time-stamps judged alike: {dict(sorted(found.items()))}")


def test_without_a_root_it_says_by_whom_and_that_it_is_not_proven(reader: Reader) -> None:
    bundle, pin = (
        stamping.whole(cases.MADE, stamping.stamped(cases.MADE, 7, authority=forger())),
        cases.MADE.pin(3),
    )
    assert reader.ask(bundle, pin) == Verdict.GOOD
    (line,) = (each for each in reader.lines("shown") if "the time was stated by" in each)
    assert "CN=S, whose certificate you did not give; not proven (see “Trusted root”)." in line
    for given, verdict, words in (
        (
            root().pem,
            Verdict.GOOD,
            "This log had at least 7 events by 2026-03-01 12:00:05Z, says CN=S.",
        ),
        (
            stranger().pem,
            Verdict.NOT_ANCHORED,
            "whose certificate leads to none that you gave; not proven.",
        ),
        (b"no certificate", Verdict.MALFORMED, None),
    ):
        reader.give("bundle", None)
        reader.give("tsa", given)
        reader.give("bundle", bundle)
        assert reader.judged() == verdict
        assert words is None or any(words in each for each in reader.lines("shown"))
    reader.give("tsa", None)
    assert reader.judged() == Verdict.GOOD


def test_a_token_that_another_key_signed_is_wrong_without_any_root(reader: Reader) -> None:
    bad = stamping.stamped(cases.MADE, 7, authority=forger().but(signed_by=stranger().key))
    assert reader.ask(stamping.exchanged(cases.MADE, bad), cases.MADE.pin(3)) == Verdict.PROOF_WRONG
    assert "the time-stamp's signature is wrong" in reader.verdict


@pytest.mark.parametrize("what", ["curve", "short key", "limited names"])
def test_what_no_browser_checks_is_no_success(reader: Reader, what: str) -> None:
    """The command answers GOOD; the page says that it does not know."""
    top, more = root(), {}
    if what == "curve":
        more = {"key": ec.generate_private_key(ec.SECP256K1())}
    elif what == "short key":
        more = {"change": _shortened}
    else:
        limits = x509.NameConstraints([x509.DNSName("tsa.example")], None)
        top = certificate("Limited", more=[(limits, True)])
        more = {"more": [(x509.SubjectAlternativeName([x509.DNSName("tsa.example")]), False)]}
    token = stamping.stamped(cases.MADE, 7, authority=forger(for_time(top, **more)))
    bundle, pin = stamping.exchanged(cases.MADE, token), cases.MADE.pin(3)
    # A key that is written anew is not the one that was signed; the token's own signature holds with it.
    trusted = None if what == "short key" else top.pem
    assert answer_of_python(Case(what, bundle, pin, trusted))[0] == Verdict.GOOD
    reader.give("tsa", trusted)
    assert reader.ask(bundle, pin) == CANNOT
    assert "not checked here: use the verifier in Python, with --tsa" in reader.verdict


def _shortened(der: bytes) -> bytes:
    """Return a certificate with its P-256 key as one coordinate and a sign (SEC 1, 2.3.3)."""
    from asn1crypto import x509 as asn1_x509

    made = asn1_x509.Certificate.load(der)
    point = made["tbs_certificate"]["subject_public_key_info"]["public_key"].native
    made["tbs_certificate"]["subject_public_key_info"]["public_key"] = (
        bytes([2 + point[-1] % 2]) + point[1:33]
    )
    return bytes(made.dump(force=True))


@pytest.mark.parametrize(
    "script",
    [
        "const verify = crypto.subtle.verify; crypto.subtle.verify = function (how, ...more) {"
        " if (how.name === 'ECDSA') throw new DOMException('', 'NotSupportedError');"
        " return verify.call(this, how, ...more); }",
        "const importKey = crypto.subtle.importKey; crypto.subtle.importKey = function (form, key, how, ...more) {"
        " if (how.name === 'ECDSA') throw new DOMException('', 'NotSupportedError');"
        " return importKey.call(this, form, key, how, ...more); }",
    ],
    ids=["verify", "importKey"],
)
def test_a_browser_without_the_algorithm_gives_no_answer(open_page: Callable[..., Page], script: str) -> None:
    page = open_page("about:blank")
    page.add_init_script(script)
    page.goto(BUILT.as_uri())
    reader = Reader(page)
    good = stamping.whole(cases.MADE, stamping.stamped(cases.MADE, 7, authority=forger()))
    assert reader.ask(good, cases.MADE.pin(3)) == CANNOT
    assert "not checked here: use the verifier in Python" in reader.verdict
    # A bundle that brings no time-stamp needs none of it.
    assert reader.ask(cases.MADE.whole(), cases.MADE.pin(3)) == Verdict.GOOD


def test_a_dropped_certificate_is_taken_for_one(reader: Reader) -> None:
    good = stamping.whole(cases.MADE, stamping.stamped(cases.MADE, 7, authority=forger()))
    reader.page.evaluate(
        """(files) => {
          const dropped = new DataTransfer();
          for (const [name, bytes] of files) dropped.items.add(new File([new Uint8Array(bytes)], name));
          document.dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, cancelable: true }));
        }""",
        [["r", list(b"Root\n" + root().pem)], ["p", list(cases.MADE.pin(3))], ["b", list(good)]],
    )
    assert reader.judged() == Verdict.GOOD
    assert any("says CN=S." in each for each in reader.lines("shown"))


def test_a_flipped_bit_of_the_signature_is_red_under_both(reader: Reader) -> None:
    good = stamping.stamped(cases.MADE, 7, authority=forger())
    token = good.token[:-3] + bytes([good.token[-3] ^ 1]) + good.token[-2:]
    case = Case("", stamping.exchanged(cases.MADE, replace(good, token=token)), cases.MADE.pin(3), root().pem)
    assert answer_of_python(case)[0] == reader.ask(case.bundle, case.pin) == Verdict.PROOF_WRONG
