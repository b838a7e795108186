"""Traps of logs in PostgreSQL that others fell into, each shown to be real here, and to catch nobody.

The others have their tests where they belong: flipped tiles in `test_signer` and `tests/foreign`, superusers in
`test_walls`, lenient parsers in `tests/unit/audit`, restores in `test_recovery`, names in a bucket in `test_anchors`.
"""

import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from audit.errors import ProofRejected
from audit.merkle import check_inclusion, inclusion_path, leaf_hash, tree_head
from audit.models import Body
from audit.policy import Policy
from audit.proofs import TlogProof
from audit.services.build_event import INSERT_PENDING, build_event
from audit.services.proof_of import proof_at
from audit.services.stored_log import policy_of, the_log
from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose
from tests.audit.logkeeping import Keeper, entered, happen
from tests.stack import Stack
from tests.world import Workspace

Superuser = psycopg.Connection[Any]


def test_a_path_holds_for_many_sizes_so_size_and_root_come_from_the_signed_note(
    acme: Workspace, keeper: Keeper
) -> None:
    leaves = [leaf_hash(b"%d" % n) for n in range(7)]
    path, head = inclusion_path(leaves, 2), tree_head(leaves)
    holds = []
    for size in range(3, 17):
        try:
            check_inclusion(path, index=2, size=size, leaf=leaves[2], head=head)
        except ProofRejected:
            continue
        holds.append(size)
    assert len(holds) > 1, "the trap is not there any more"

    happen(acme, 5)
    keeper.settle()
    context = acme.context()
    with acting(context):
        proven, policy = proof_at(context, index=2), Policy.parse(policy_of(the_log()))
    proof = TlogProof.parse(proven.content)
    # Nothing in the file but the signed note states a size.
    assert not hasattr(proof, "size")
    signed = proof.check(proven.leaf, policy)
    assert signed.checkpoint.size == keeper.size(acme)


def test_no_foreign_key_leads_into_the_log_or_out_of_it(superuser: Superuser) -> None:
    keys = "SELECT count(*) FROM pg_constraint c WHERE c.contype = 'f' AND 'audit' IN"
    names = (
        " ((SELECT n.nspname FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace WHERE t.oid = c.conrelid),"
        " (SELECT n.nspname FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace WHERE t.oid = c.confrelid))"
    )
    assert superuser.execute(keys + names).fetchone() == (0,)
    # And the question finds one that is there.
    with superuser.transaction() as undone:
        superuser.execute("CREATE TABLE public.trap (id uuid REFERENCES audit.log (id))")
        assert superuser.execute(keys + names).fetchone() == (1,)
        raise psycopg.Rollback(undone)


@pytest.fixture
def writer(stack: Stack, superuser: Superuser) -> Iterator[psycopg.Connection[Any]]:
    """A role that PostgreSQL lets write everything, and pass every row policy."""
    name = f"trap_{secrets.token_hex(4)}"
    superuser.execute(f"CREATE ROLE {name} BYPASSRLS IN ROLE pg_write_all_data, pg_read_all_data")
    try:
        # Taken on, because even such a role may not connect to the cell.
        with psycopg.connect(stack.cluster.superuser_url("cell"), autocommit=True) as connection:
            connection.execute(f"SET ROLE {name}")
            yield connection
    finally:
        superuser.execute(f"DROP ROLE {name}")


def test_whoever_may_write_everything_forges_rows_that_are_found_and_never_signed(
    acme: Workspace, keeper: Keeper, writer: psycopg.Connection[Any]
) -> None:
    happen(acme, 3)
    keeper.settle()
    signed, forged = max(keeper.checkpoints(acme)), b'{"c":"forged"}'
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        writer.execute("UPDATE audit.entry SET leaf = leaf WHERE tenant_id = %s", [acme.tenant_id])
    writer.execute(
        "INSERT INTO audit.entry (tenant_id, seq, leaf, leaf_hash) VALUES (%s, %s, %s, %s)",
        [acme.tenant_id, signed, forged, leaf_hash(forged)],
    )
    writer.execute(
        "INSERT INTO audit.head (tenant_id, size, root, frontier)"
        " SELECT tenant_id, size + 1, root, frontier FROM audit.head WHERE tenant_id = %s AND size = %s",
        [acme.tenant_id, signed],
    )
    assert keeper.report(acme).problems
    keeper.sign()
    assert max(keeper.checkpoints(acme)) == signed
    assert keeper.state(acme)[0] == "frozen" or keeper.signer.troubles


def test_partial_tiles_cost_nothing_however_many_checkpoints_there_are(
    acme: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    keeper.settle()
    for _ in range(40):
        happen(acme)
        keeper.settle()
    count, stored = "SELECT count(*) FROM audit.{} WHERE tenant_id = %s", []
    for table in ("checkpoint", "tile", "edge"):
        row = superuser.execute(count.format(table), [acme.tenant_id]).fetchone()
        assert row is not None
        stored.append(row[0])
    assert stored[0] >= 40
    assert stored[1:] == [0, 1]


def test_an_event_with_an_earlier_number_that_commits_later_is_not_skipped(
    acme: Workspace, keeper: Keeper, stack: Stack
) -> None:
    keeper.settle()
    context = acme.service(Purpose.JOB)
    with acting(context):
        late = build_event(context, Verb.TASK_RELEASED, object_kind="task")
    with entered(stack, acme.tenant_id) as slow:
        slow.execute(INSERT_PENDING, late.row)
        (early,) = happen(acme)
        keeper.settle()
        with acting(context):
            assert Body.objects.filter(id=early.event_id).exists()
            assert not Body.objects.filter(id=late.id).exists()
        slow.commit()
    keeper.settle()
    with acting(context):
        places = dict(Body.objects.filter(id__in=[early.event_id, late.id]).values_list("id", "seq"))
    assert places[late.id] == places[early.event_id] + 1
