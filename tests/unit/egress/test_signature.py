"""Signatures agree with the published example of Standard Webhooks, and nothing that was changed passes."""

import pytest

from tenants.egress.backoff import MOST_ATTEMPTS, WAITS, wait_after
from tenants.egress.signature import REPLAY_SECONDS, is_genuine, new_webhook_secret, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330
BODY = b'{"test": 2432232314}'


def test_the_published_example_is_reproduced() -> None:
    assert signed_headers(MESSAGE, AT, BODY, [SECRET]) == {
        "webhook-id": MESSAGE,
        "webhook-timestamp": str(AT),
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_two_secrets_are_valid_at_once() -> None:
    old, new = new_webhook_secret(), new_webhook_secret()
    headers = signed_headers(MESSAGE, AT, BODY, [new, old])
    assert is_genuine(old, headers, BODY, now=AT)
    assert is_genuine(new, headers, BODY, now=AT)
    assert not is_genuine(new_webhook_secret(), headers, BODY, now=AT)


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp", "webhook-signature", "body"])
def test_whatever_is_changed_is_noticed(part: str) -> None:
    headers, body = signed_headers(MESSAGE, AT, BODY, [SECRET]), BODY
    if part == "body":
        body = BODY.replace(b"2", b"3")
    elif part == "webhook-timestamp":
        headers[part] = str(AT + 1)
    else:
        headers[part] = headers[part].replace("p", "q").replace("g", "h")
    assert not is_genuine(SECRET, headers, body, now=AT)


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_whatever_is_missing_is_noticed(part: str) -> None:
    headers = signed_headers(MESSAGE, AT, BODY, [SECRET])
    del headers[part]
    assert not is_genuine(SECRET, headers, BODY, now=AT)


@pytest.mark.parametrize("off", [-REPLAY_SECONDS - 1, REPLAY_SECONDS + 1])
def test_an_old_request_sent_again_is_noticed(off: int) -> None:
    headers = signed_headers(MESSAGE, AT, BODY, [SECRET])
    assert not is_genuine(SECRET, headers, BODY, now=AT + off)
    assert is_genuine(SECRET, headers, BODY, now=AT + REPLAY_SECONDS)


@pytest.mark.parametrize("secret", ["whsec_not base64", "whsec_abc", "é"])
def test_what_is_no_secret_signs_nothing(secret: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any is fine
        signed_headers(MESSAGE, AT, BODY, [secret])


def test_waits_grow_spread_and_end() -> None:
    for failures, wait in enumerate(WAITS, start=1):
        least, most = wait_after(failures, chance=0), wait_after(failures, chance=1)
        assert least == wait * 0.8
        assert most == wait * 1.2
        drawn = wait_after(failures)
        assert drawn is not None
        assert least <= drawn <= most
    assert wait_after(MOST_ATTEMPTS) is None
    assert list(WAITS) == sorted(WAITS)
