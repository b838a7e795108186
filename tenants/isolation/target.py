"""What a probe examines: one cell database, seen as the checker, with ways to act as the application."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, models, transaction

from audit.services.record import record
from audit.verbs import Verb
from ringfence.crypto import chunked
from ringfence.kernel.context import TenantContext, entered
from ringfence.kernel.models import sealed_fields
from ringfence.kernel.registry import CANARIES, CanaryRows
from tenants.gate.canaries import canary_offers
from tenants.isolation.cells import Opener, open_cell
from tenants.services import platform_log

if TYPE_CHECKING:
    from tenants.isolation.visits import Record

Rows = list[tuple[Any, ...]]
PLATFORM = "platform_context"
"""The gate's answer to whose the platform log is, as the service that writes into it knows it."""
Decoder = Callable[[bytes, bytes, bytes], bytes]
"""(key, context, sealed) -> plaintext, as the envelope's core decrypts."""


@dataclass(frozen=True, slots=True)
class Owners:
    """Who owns what in this database: the tables, the context functions, the log."""

    tables: str
    functions: str
    log: str

    @property
    def names(self) -> frozenset[str]:
        """All three, as a set of role names."""
        return frozenset({self.tables, self.functions, self.log})


LIVE_OWNERS = Owners("rf_owner", "rf_definer", "audit_owner")
SHADOW_OWNERS = Owners("rf_checker", "rf_checker", "rf_checker")


@contextmanager
def undone(using: str = "default") -> Iterator[None]:
    """Run a transaction, or a part of one, that is always rolled back.

    Units of work nest inside. Django allows that under the mark that its own test cases set.
    """
    block = transaction.atomic(using=using)
    block._from_testcase = True  # type: ignore[attr-defined]  # no public name exists for it
    with block:
        yield
        transaction.set_rollback(True, using=using)


@dataclass
class Target:
    """One cell as probes see it. The connection is the checker's; nothing a probe does there stays.

    Attributes:
        place: `live` or `shadow`.
        canaries: the contexts of K1 and K2.
        tenants: contexts of all tenants whose rows may be counted, K1 and K2 among them.
        known: ids of all tenants there ever were.
        owners: expected owners.
        subject: the tenant that asked, whose log is also opened; None for nobody.
        app_role: the role under which the application works.
        enough: violations after which a long probe may stop, while a plant stands; 0 to examine everything.
        extra_roles: roles to examine beside those that exist for use; scratch roles of plants.
        extra_managers: (model, manager) pairs to examine beside the models' own.
        opener: how the application opens a cell.
        decoder: how the envelope's core decrypts.
        undo: what plants outside the database have changed, to be put back.
        sharing: whether a drive of the routes is kept in `record` for the checks that follow in this rehearsal.
        record: that drive.
    """

    place: str
    canaries: tuple[TenantContext, TenantContext]
    tenants: Callable[[], Iterator[TenantContext]]
    known: frozenset[UUID]
    owners: Owners
    subject: TenantContext | None = None
    app_role: str = "rf_app"
    enough: int = 0
    extra_roles: frozenset[str] = frozenset()
    extra_managers: Sequence[tuple[type[models.Model], Any]] = ()
    server_version: int | None = None
    opener: Opener = open_cell
    decoder: Decoder = chunked.decrypt
    undo: ExitStack = field(default_factory=ExitStack, repr=False)
    sharing: bool = False
    record: "Record | None" = field(default=None, repr=False)
    _rows: dict[UUID, CanaryRows] = field(default_factory=dict, repr=False)

    @property
    def k1(self) -> TenantContext:
        """The canary that attacks."""
        return self.canaries[0]

    @property
    def k2(self) -> TenantContext:
        """The canary that is attacked."""
        return self.canaries[1]

    def ask(self, sql: str, params: Sequence[Any] = ()) -> Rows:
        """Return the rows of a statement, under whatever role is in force."""
        with connection.cursor() as cursor:
            cursor.execute(sql, list(params) or None)
            return cursor.fetchall() if cursor.description else []

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run a statement; return how many rows it touched."""
        with connection.cursor() as cursor:
            cursor.execute(sql, list(params) or None)
            return int(cursor.rowcount)

    @contextmanager
    def as_app(self, context: TenantContext | None) -> Iterator[None]:
        """Work as the application does: under its role, with a context of the gate, or with none."""
        with transaction.atomic():
            self.run(f'SET LOCAL ROLE "{self.app_role}"')
            if context is None:
                self.tell("")
                yield
            else:
                with entered(context):
                    yield
            self.tell("")
            self.run("RESET ROLE")

    @contextmanager
    def as_service(self) -> Iterator[None]:
        """Work under the application's role without a context: for code that enters its own."""
        with transaction.atomic():
            self.run(f'SET LOCAL ROLE "{self.app_role}"')
            yield
            self.tell("")
            self.run("RESET ROLE")

    def tell(self, token: str) -> None:
        """Set the context token of this transaction to any text."""
        self.ask("SELECT set_config('rf.ctx', %s, true)", [token])

    def swap(self, owner: Any, name: str, value: Any) -> Any:
        """Put `value` in the place of an attribute of ours until the plant is undone; return what stood there."""
        before = getattr(owner, name)
        self.undo.callback(setattr, owner, name, before)
        setattr(owner, name, value)
        return before

    @contextmanager
    def rehearsal(self, *, seeded: bool) -> Iterator[None]:
        """Open the transaction in which probes work: one snapshot, rolled back at the end.

        The canaries' rows are made afresh inside it, so that they are never stale, no sweep meets
        them, and the newest migration's tables have them too.
        """
        with ExitStack() as stack:
            stack.enter_context(undone())
            if self.place == "live":
                self.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            if "control" in settings.DATABASES:
                stack.enter_context(undone("control"))
            if self.place == "shadow":
                # The operator has no keys and no log there: a canary's stands in for the platform log.
                stack.callback(setattr, platform_log, PLATFORM, vars(platform_log)[PLATFORM])
                setattr(platform_log, PLATFORM, lambda: self.k1)
            if seeded:
                self.seed()
            try:
                yield
            finally:
                self._rows.clear()
                self.record = None

    def seed(self) -> None:
        """Make the rows of both canaries."""
        for context in self.canaries:
            with self.as_app(context):
                self._rows[context.tenant_id] = seed_rows(context)
            self._rows[context.tenant_id].update(canary_offers(context.tenant_id))

    def rows(self, context: TenantContext) -> CanaryRows:
        """Return the rows of a canary in this rehearsal."""
        return self._rows.get(context.tenant_id) or CanaryRows()


def seed_rows(context: TenantContext) -> CanaryRows:
    """Make one row of each model, parents first, and an event that is still pending."""
    rows = CanaryRows()
    for model, factory in CANARIES.items():
        try:
            with transaction.atomic():
                rows[model] = factory(context, rows)
                _fill_sealed(context, rows[model])
        except (KeyError, ObjectDoesNotExist):
            # Its parent, or the log's first event, is not there yet: the probes then say that
            # they could not examine this table.
            continue
    record(context, Verb.ISOLATION_CHECKED, object_kind="canary")
    return rows


def _fill_sealed(context: TenantContext, row: models.Model) -> None:
    """Put something into each sealed column that a canary's row leaves empty: an empty one shows nothing."""
    if not row._meta.managed:
        return
    for each in sealed_fields(type(row)):
        if getattr(row, each.attname) is None:
            sealed = context.keyring.seal(b"Canary", field=each, row=row.pk)
            type(row)._default_manager.filter(pk=row.pk).update(**{each.attname: sealed})
            setattr(row, each.attname, sealed)
