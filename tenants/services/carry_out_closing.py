"""Carries out a closing that was begun: the last event, its certificate, the log's end, the keys, the rows, the mail.

Each step looks at what is there, so that a run which was cut off anywhere is finished by the next one.
"""

import logging
from dataclasses import replace
from datetime import timedelta

from django.db import DatabaseError, connection
from django.utils import timezone

from audit.services.certify_end import certify_end
from audit.services.draft_end import draft_end
from audit.services.errors import EventPending, LogNotSigned
from audit.services.record import record
from audit.services.record_end import record_end
from audit.services.retire_log import ending_event, retire_log, size_with_waiting
from audit.verbs import Verb
from ringfence.crypto.errors import KeyServiceDown
from ringfence.kernel.context import UNIT_OF_WORK_SECONDS, TenantContext, acting
from ringfence.kernel.errors import Dark
from ringfence.kernel.permissions import Purpose
from tenants.gate.carrying_out import (
    has_certificate,
    keep_certificate,
    keep_draft,
    kept_draft,
    new_link,
    note_done,
    note_keys_destroyed,
)
from tenants.gate.closings import KnownClosing, owners_of
from tenants.gate.ending import forget_documents
from tenants.gate.people import know_person
from tenants.gate.resolve import REMEMBERED_SECONDS
from tenants.gate.service import closed_context, platform_context
from tenants.keys.one_off import OneOffKeyring
from tenants.keys.shredding import (
    CustomerKeyStands,
    count_keys,
    destroy_all_keys,
    destroy_customer_key,
)
from tenants.services.empty_tables import empty_tables
from tenants.services.read_closing import what_to_type
from tenants.services.send_mail import MailNotSent, mail_closing_done

logger = logging.getLogger("ringfence.closing")
LATE = timedelta(minutes=15)
QUIET = timedelta(seconds=UNIT_OF_WORK_SECONDS + REMEMBERED_SECONDS + 5)
"""After this nobody acts any more who was let in before the doors were shut."""
LOCK = 0x5246434C
WAITS = frozenset({"RFA18", "RFA19"})


def carry_out_closing(closing: KnownClosing) -> str:
    """Do what is left to do; return what it waits for, `quiet`, `signature` or `key`, or `done`.

    Opens units of its own, none of which needs a key of the tenant: a dark workspace is closed as well. Under the
    worker's role, which alone may retire a log. Raises `MailNotSent` where no mail was taken; the next run goes on
    where this one stopped.
    """
    if closing.begun_at is None or timezone.now() < closing.begun_at + QUIET:
        return "quiet"
    context = closed_context(closing.tenant_id, Purpose.JOB)
    destroyed = closing.keys_destroyed_at is not None
    if not destroyed:
        if not _ended(context, closing):
            return "signature"
        with acting(context):
            references = destroy_all_keys(context.tenant_id)
        destroyed = _destroyed(references)
        if destroyed:
            note_keys_destroyed(closing.id)
    # Every wrap is gone: the rows wait for no key service.
    empty_tables(context)
    forget_documents(closing.tenant_id)
    if not destroyed:
        return "key"
    _tell_owners(closing)
    note_done(closing.id)
    return "done"


def _destroyed(references: list[str]) -> bool:
    """Let the key service destroy each key, one that refuses or does not answer not stopping the next."""
    left = 0
    for reference in references:
        try:
            destroy_customer_key(reference)
        except (CustomerKeyStands, KeyServiceDown) as trouble:
            logger.warning("a customer's key is not destroyed yet: %s", trouble or type(trouble).__name__)
            left += 1
    return left == 0


def warn_if_late(closing: KnownClosing, waits_for: str) -> None:
    """Tell the operator, every round, of a closing that was begun long ago and still waits; by its random id."""
    if waits_for != "done" and closing.begun_at is not None and timezone.now() > closing.begun_at + LATE:
        logger.warning("the closing %s of a workspace waits, for: %s", closing.id, waits_for)


def _tell_owners(closing: KnownClosing) -> None:
    """Mail the certificate's link. Where one mail at least was taken it is told: no owner is mailed every round."""
    secret, days = new_link(closing.id)
    owners, failures = owners_of(closing.tenant_id), []
    for person_id in owners:
        try:
            mail_closing_done(know_person(person_id).email, f"/closed/{secret}", days)
        except MailNotSent as failure:
            failures.append(failure)
    if failures and len(failures) == len(owners):
        raise failures[-1]


def _ended(context: TenantContext, closing: KnownClosing) -> bool:
    """Record the end, keep its certificate and retire the log; False while the signer has not come by."""
    if not has_certificate(closing.id):
        draft = _draft(context, closing)
        _record_end_once(context, closing, draft)
        _tell_platform_once(context, closing)
        try:
            with acting(context):
                certificate = certify_end(context, draft)
        except (EventPending, LogNotSigned):
            return False
        keep_certificate(closing.id, certificate)
    with acting(context):
        last_event = ending_event(context, about=closing.id)
    try:
        with acting(context):
            retire_log(context, last_event=last_event or closing.id)
    except DatabaseError as refused:
        if getattr(refused.__cause__, "sqlstate", None) in WAITS:
            return False
        raise
    return True


def _draft(context: TenantContext, closing: KnownClosing) -> bytes:
    """Return the last event as it was, or now is, kept: one for all runs, whichever of them records it."""
    kept = kept_draft(closing.id)
    while kept is None:
        dark = _is_dark(context)
        with acting(context):
            keep_draft(
                closing.id, draft_end(context, about=closing.id, detail=_detail(context, closing, dark))
            )
        kept = kept_draft(closing.id)
    return kept


def _record_end_once(context: TenantContext, closing: KnownClosing, draft: bytes) -> None:
    """Record the end, whoever else tries it at the same time.

    Its body is sealed under a key that nobody keeps. The tenant's keys are about to be destroyed, and may be out of
    reach already; what the event says is in the certificate.
    """
    sealing = replace(context, keyring=OneOffKeyring(context.tenant_id))
    with acting(sealing):
        if _first_here(sealing, closing):
            record_end(sealing, draft)


def _tell_platform_once(context: TenantContext, closing: KnownClosing) -> None:
    platform = platform_context()
    with acting(platform):
        if _first_here(platform, closing):
            record(
                platform,
                Verb.TENANT_DESTROYED,
                object_kind="tenant",
                object_id=closing.id,
                detail={"workspace": context.public_id},
            )


def _first_here(context: TenantContext, closing: KnownClosing) -> bool:
    """Say whether the end is not in this log yet; whoever asks meanwhile waits for this unit of work."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, str(closing.id)])
    return ending_event(context, about=closing.id) is None


def _is_dark(context: TenantContext) -> bool:
    """Say whether the customer's key is out of reach: the end then says so."""
    try:
        with acting(context):
            return what_to_type(context)[1]
    except Dark:
        return True


def _detail(context: TenantContext, closing: KnownClosing, dark: bool) -> dict[str, object]:
    tenant_keys, data_keys = count_keys()
    return {
        "asked_by": str(closing.asked_by),
        "confirmed_by": None if closing.confirmed_by is None else str(closing.confirmed_by),
        "begun_by": str(closing.begun_by),
        "events_before": size_with_waiting(context),
        "tenant_keys": tenant_keys,
        "data_keys": data_keys,
        "dark": dark,
        "goes": ["every key of this workspace", "the rows of its tables", "its sessions, tokens and invitations",
                 "its policies and plans"],
        "stays": ["this log: leaves, heads, checkpoints, and its bodies as ciphertext without a key"],
    }  # fmt: skip
