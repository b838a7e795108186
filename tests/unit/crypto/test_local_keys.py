"""The local key service: refusal and outage are two things, in every process, and keys stay in files."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ringfence.crypto
from ringfence.crypto.errors import KeyRefused, KeyServiceDown, KeyServiceError
from ringfence.crypto.keyservice import KeyService, canonical_context
from ringfence.crypto.local_keys import OUTAGE_MARKER, LocalKeyService

TENANT = UUID(int=1)
CONTEXT = {"rf:tenant": str(TENANT), "rf:purpose": "data", "rf:gen": "1"}
SECRET = b"\x42" * 32
NOBODY = 65534
SOURCE_ROOT = str(Path(ringfence.crypto.__file__).parents[2])


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def service(directory: Path) -> LocalKeyService:
    return LocalKeyService(directory)


@pytest.fixture
def key_ref(service: LocalKeyService) -> str:
    return service.create_key(tenant=TENANT)


@pytest.fixture
def wrapped(service: LocalKeyService, key_ref: str) -> bytes:
    return service.wrap(key_ref, SECRET, encryption_context=CONTEXT)


def uses_of(service: LocalKeyService, key_ref: str, wrapped: bytes):
    return [
        lambda: service.wrap(key_ref, SECRET, encryption_context=CONTEXT),
        lambda: service.unwrap(key_ref, wrapped, encryption_context=CONTEXT),
        lambda: service.probe(key_ref),
    ]


def in_another_process(directory: Path, call: str) -> str:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from ringfence.crypto.local_keys import LocalKeyService\n"
        "service = LocalKeyService(Path(sys.argv[2]))\n"
        f"try: {call}\n"
        "except Exception as error: print(type(error).__name__)\n"
        "else: print('done')\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, SOURCE_ROOT, str(directory)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return run.stdout.strip()


def test_what_was_wrapped_unwraps_whatever_the_order_of_the_context(service, key_ref, wrapped):
    port: KeyService = service
    backwards = dict(reversed(CONTEXT.items()))

    assert port.unwrap(key_ref, wrapped, encryption_context=backwards) == SECRET
    assert SECRET not in wrapped
    assert port.wrap(key_ref, SECRET, encryption_context=CONTEXT) != wrapped
    port.probe(key_ref)


@pytest.mark.parametrize(
    "context",
    [
        CONTEXT | {"rf:tenant": str(UUID(int=2))},
        CONTEXT | {"rf:purpose": "index"},
        CONTEXT | {"rf:gen": "2"},
        CONTEXT | {"rf:more": "x"},
        {"rf:tenant": str(TENANT)},
        {"rf:tenant": "data", "rf:purpose": str(TENANT), "rf:gen": "1"},
    ],
)
def test_another_context_is_refused(service, key_ref, wrapped, context):
    with pytest.raises(KeyRefused):
        service.unwrap(key_ref, wrapped, encryption_context=context)


def test_another_key_refuses_the_wrap(service, key_ref, wrapped):
    other = service.create_key(tenant=TENANT)
    with pytest.raises(KeyRefused):
        service.unwrap(other, wrapped, encryption_context=CONTEXT)


def test_the_wrap_names_its_key_even_where_two_files_hold_one_secret(service, directory, key_ref, wrapped):
    twin = f"local-{'0' * 32}"
    (directory / f"{twin}.key").write_bytes((directory / f"{key_ref}.key").read_bytes())

    service.probe(twin)
    with pytest.raises(KeyRefused):
        service.unwrap(twin, wrapped, encryption_context=CONTEXT)


def test_a_changed_or_shortened_wrap_is_refused(service, key_ref, wrapped):
    for place in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[place] ^= 1
        with pytest.raises(KeyRefused):
            service.unwrap(key_ref, bytes(changed), encryption_context=CONTEXT)
        with pytest.raises(KeyRefused):
            service.unwrap(key_ref, wrapped[:place], encryption_context=CONTEXT)


def test_a_disabled_key_refuses_every_use_until_it_is_enabled(service, key_ref, wrapped):
    for _ in range(2):  # the second time changes nothing
        service.disable(key_ref)
    for use in uses_of(service, key_ref, wrapped):
        with pytest.raises(KeyRefused, match="disabled"):
            use()

    for _ in range(2):
        service.enable(key_ref)
    service.probe(key_ref)
    assert service.unwrap(key_ref, wrapped, encryption_context=CONTEXT) == SECRET


@pytest.mark.parametrize("disabled_before", [True, False])
def test_a_destroyed_key_is_unknown_for_good(service, directory, key_ref, wrapped, disabled_before):
    survivor = service.create_key(tenant=TENANT)
    if disabled_before:
        service.disable(key_ref)
    service.destroy(key_ref)

    switches = [lambda: service.enable(key_ref), lambda: service.disable(key_ref)]
    for use in [*uses_of(service, key_ref, wrapped), *switches, lambda: service.destroy(key_ref)]:
        with pytest.raises(KeyRefused):
            use()
    assert not list(directory.glob(f"*{key_ref}*"))
    service.probe(survivor)


@pytest.mark.parametrize("key_ref", ["", "local-1", f"local-{'0' * 32}", "../keys/x", f"local-{'0' * 32}\n"])
def test_an_unknown_reference_is_refused(service, directory, key_ref):
    service.create_key(tenant=TENANT)
    uses = uses_of(service, key_ref, b"")
    switches = [lambda: service.disable(key_ref), lambda: service.enable(key_ref)]
    for use in [*uses, *switches, lambda: service.destroy(key_ref)]:
        with pytest.raises(KeyRefused):
            use()


def test_a_reference_reaches_no_file_outside_the_directory(service, directory, key_ref):
    outside = directory.with_name("outside.key")
    outside.write_bytes((directory / f"{key_ref}.key").read_bytes())
    step = f"local-{'0' * 32}"
    (directory / step).mkdir()

    assert (directory / f"{step}/../../outside.key").exists()
    with pytest.raises(KeyRefused):
        service.probe(f"{step}/../../outside")


def test_an_outage_is_no_refusal_and_passes_with_its_marker(service, directory, key_ref, wrapped):
    service.disable(key_ref)  # even of a disabled key, an outage says nothing
    (directory / OUTAGE_MARKER).touch()
    everything = [
        *uses_of(service, key_ref, wrapped),
        lambda: service.create_key(tenant=TENANT),
        lambda: service.disable(key_ref),
        lambda: service.enable(key_ref),
        lambda: service.destroy(key_ref),
    ]
    for use in everything:
        with pytest.raises(KeyServiceDown):
            use()

    (directory / OUTAGE_MARKER).unlink()
    service.enable(key_ref)
    assert service.unwrap(key_ref, wrapped, encryption_context=CONTEXT) == SECRET


@pytest.mark.parametrize("trouble", ["gone", "a file", "open to others"])
def test_a_directory_that_cannot_serve_is_an_outage(service, directory, key_ref, wrapped, trouble):
    aside = directory.with_name("aside")
    if trouble == "open to others":
        directory.chmod(0o750)
    else:
        directory.rename(aside)
        if trouble == "a file":
            directory.write_text("")
    for use in uses_of(service, key_ref, wrapped):
        with pytest.raises(KeyServiceDown):
            use()

    if trouble == "open to others":
        directory.chmod(0o700)
    else:
        directory.unlink(missing_ok=True)
        aside.rename(directory)
    service.probe(key_ref)


def test_an_unreadable_directory_is_an_outage(service, directory, key_ref, wrapped):
    user = os.geteuid()
    directory.chmod(0)
    if user == 0:
        os.seteuid(NOBODY)  # root reads every directory, whatever its mode
    try:
        for use in uses_of(service, key_ref, wrapped):
            with pytest.raises(KeyServiceDown):
                use()
    finally:
        os.seteuid(user)
        directory.chmod(0o700)
    service.probe(key_ref)


def test_a_missing_directory_is_an_outage_until_the_first_key_is_made(service, directory):
    with pytest.raises(KeyServiceDown):
        service.probe(f"local-{'0' * 32}")
    assert not directory.exists()
    service.probe(service.create_key(tenant=TENANT))


def test_a_damaged_key_file_is_an_outage_that_quotes_nothing(service, directory, key_ref):
    file = directory / f"{key_ref}.key"
    whole = file.read_bytes()
    for damaged in (b"", whole[:-2], whole.replace(b"1\n", b"2\n", 1), whole.upper()):
        file.write_bytes(damaged)
        with pytest.raises(KeyServiceDown) as caught:
            service.probe(key_ref)
        assert whole.split(b"\n")[2][:8].decode() not in repr(caught.value)


def test_refusal_and_outage_are_two_errors_under_one_root():
    assert issubclass(KeyRefused, KeyServiceError)
    assert issubclass(KeyServiceDown, KeyServiceError)
    assert not issubclass(KeyRefused, KeyServiceDown)
    assert not issubclass(KeyServiceDown, KeyRefused)


def test_what_one_process_switches_another_refuses(service, directory, key_ref, wrapped):
    probe = f"service.probe({key_ref!r})"
    unwrap = f"print(service.unwrap({key_ref!r}, {wrapped!r}, encryption_context={CONTEXT!r}).hex())"
    assert in_another_process(directory, unwrap) == f"{SECRET.hex()}\ndone"

    service.disable(key_ref)
    assert in_another_process(directory, probe) == "KeyRefused"
    assert in_another_process(directory, f"service.enable({key_ref!r})") == "done"
    service.probe(key_ref)

    assert in_another_process(directory, f"service.disable({key_ref!r})") == "done"
    with pytest.raises(KeyRefused):
        service.probe(key_ref)
    (directory / OUTAGE_MARKER).touch()
    assert in_another_process(directory, probe) == "KeyServiceDown"


def test_keys_made_at_once_are_all_whole_and_all_different(directory):
    def make(number: int) -> str:
        return LocalKeyService(directory).create_key(tenant=UUID(int=number))

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(64)))

    assert len(set(made)) == 64
    for key_ref in made:
        LocalKeyService(directory).probe(key_ref)
    secrets = {file.read_bytes().split(b"\n")[2] for file in directory.glob("*.key")}
    assert len(secrets) == 64
    assert not list(directory.glob("*.draft"))


def test_switches_thrown_at_once_leave_one_key_in_one_state(service, directory, key_ref):
    def throw(number: int) -> None:
        (service.enable if number % 2 else service.disable)(key_ref)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(throw, range(200)))

    assert len(list(directory.glob("local-*"))) == 1
    service.enable(key_ref)
    service.probe(key_ref)


def test_files_are_for_their_owner_alone_whatever_the_umask(directory):
    before = os.umask(0)
    try:
        service = LocalKeyService(directory)
        key_ref = service.create_key(tenant=TENANT)
        service.disable(key_ref)
    finally:
        os.umask(before)

    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in directory.iterdir()}
    assert modes == {f"{key_ref}.disabled": 0o600, ".lock": 0o600}


def test_nothing_printed_holds_a_key(service, directory, key_ref):
    secret = (directory / f"{key_ref}.key").read_text().split("\n")[2]
    said = [repr(service), key_ref]
    for wrong in (b"", b"RFL\x01" + bytes(100)):
        with pytest.raises(KeyRefused) as caught:
            service.unwrap(key_ref, wrong, encryption_context=CONTEXT)
        said += [repr(caught.value), str(caught.value)]

    assert len(secret) == 64
    assert not any(secret in text for text in said)


def test_lengths_that_no_key_service_takes_are_mistakes(service, key_ref):
    assert len(service.wrap(key_ref, bytes(4096), encryption_context=CONTEXT)) == 4 + 56 + 4096 + 16
    for plaintext in (b"", bytes(4097)):
        with pytest.raises(ValueError, match="4096"):
            service.wrap(key_ref, plaintext, encryption_context=CONTEXT)
    for context in ({}, {"": "x"}, {"x": ""}, {"x": "y" * 65536}):
        with pytest.raises(ValueError, match="context"):
            service.wrap(key_ref, SECRET, encryption_context=context)


CONTEXTS = st.dictionaries(
    st.text(min_size=1, max_size=6), st.text(min_size=1, max_size=6), min_size=1, max_size=4
)


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(CONTEXTS, CONTEXTS)
def test_two_contexts_never_share_a_canonical_form(one, other):
    assert (canonical_context(one) == canonical_context(other)) == (one == other)
    assert canonical_context(dict(reversed(one.items()))) == canonical_context(one)


def test_the_canonical_form_is_counted_sorted_and_length_prefixed():
    assert canonical_context({"b": "é", "a": "x"}).hex() == "00020001610001780001620002c3a9"
