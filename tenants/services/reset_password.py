"""Password reset by mail: the same answer in the same time for every address."""

import threading

from django.core.cache import cache
from django.db import connections

from audit.verbs import Verb
from tenants.gate.passwords import refuse_weak, set_password
from tenants.gate.people import find_person, pseudonym_of
from tenants.gate.resets import issue_reset, use_reset
from tenants.services.platform_log import note
from tenants.services.send_mail import MailNotSent, mail_reset

MAILS_PER_HOUR = 3
THREAD_NAME = "password-reset"


def ask_reset(email: str) -> None:
    """Mail a reset link if somebody has this address; at most 3 an hour go to one.

    The work is done in a thread of its own, so that the answer's time says nothing about the address.
    """
    # Not a daemon: a server that stops in order lets it finish.
    threading.Thread(target=_work, args=(email,), name=THREAD_NAME).start()


def set_new_password(secret: str, password: str) -> None:
    """Use a reset link up: the new password holds and every session of the person has ended.

    It signs nobody in, so the second factor still stands. Raises `OfferGone`, `Invalid`.
    """
    refuse_weak(password)
    person_id = use_reset(secret)
    note(Verb.PASSWORD_CHANGED, person_id=person_id, detail={"by": "reset"})
    set_password(person_id, password)


def _work(email: str) -> None:
    try:
        person_id = find_person(email)
        if person_id is None or not _within_limit(pseudonym_of(email)):
            return
        note(Verb.PASSWORD_RESET_REQUESTED, person_id=person_id)
        mail_reset(email.strip(), issue_reset(person_id))
    except MailNotSent:
        # Whoever asked was told to ask again if no mail comes.
        return
    finally:
        connections.close_all()


def _within_limit(name: str) -> bool:
    key = f"reset-mails:{name}"
    return cache.add(key, 1, timeout=3600) or cache.incr(key) <= MAILS_PER_HOUR
