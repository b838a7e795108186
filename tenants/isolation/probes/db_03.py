"""DB-03: the policies are exactly the generated ones."""

from dataclasses import dataclass

from audit.meta import META_LOG
from ringfence.kernel.rls import ADMITS, ADMITTED, CENSUS, CHECKER, DEFINER, HEADERS, POLICY, PREDICATE
from tenants.isolation.catalog import Table, tenant_tables
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target

ID = "DB-03"
TITLE = "The row policies are exactly the generated ones"
PROVES = (
    "No rule lets one customer's rows through to another: each table has the one generated rule and no more."
)
SEEDED = False

PUBLIC = "public"
KEYS = frozenset({"tenants_tenantkey", "tenants_datakey"})
"""Read while a refusal is sealed, so here the restrictive rule lets a refusal's context through."""
READ_OF_THE_LOG = frozenset({"entry", "body", "tile", "head", "checkpoint"})
"""Whom the policy keeps away reads nothing of these; what they did is still appended."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One policy as it must stand. `roles` may be fewer in the table, never more."""

    roles: frozenset[str]
    command: str = "r"
    using: str | None = "true"
    check: str | None = None
    permissive: bool = True


def rules(target: Target, table: Table) -> dict[str, Rule]:
    """Return every policy that may stand on a table, by name."""
    function = "may_seal" if table.name in KEYS else "admitted"
    admits = ADMITS.format(function, function)
    allowed = {
        POLICY: Rule(frozenset({PUBLIC}), "*", PREDICATE, PREDICATE),
        ADMITTED: Rule(frozenset({PUBLIC}), "*", admits, admits, permissive=False),
        CENSUS: Rule(frozenset({CHECKER})),
        HEADERS: Rule(frozenset({DEFINER})),
    }
    if table.schema == "audit":
        takes_events = "( SELECT audit.takes_events() AS takes_events)"
        allowed |= {
            HEADERS: Rule(frozenset({target.owners.functions})),
            "log_owner": Rule(frozenset({target.owners.log}), "*", "true", "true"),
            "log_process": Rule(frozenset({"rf_sequencer", "rf_signer"})),
            "log_publisher": Rule(frozenset({"rf_publisher"})),
            "meta_log": Rule(
                frozenset({"rf_publisher"}), using=f"(tenant_id = '{META_LOG}'::uuid)", permissive=False
            ),
            ADMITTED: Rule(frozenset({"rf_app", "rf_worker"}), "r", admits, None, permissive=False),
            "log_takes_events": Rule(frozenset({"rf_app", "rf_worker"}), "a", None, takes_events, False),
        }
    return allowed


def detect(target: Target) -> Finding:
    """Compare each policy, as PostgreSQL prints it, with its rule."""
    tally = Tally(ID)
    for table in tenant_tables(target):
        tally.look()
        allowed, found = rules(target, table), set()
        for name, permissive, command, roles, using, check in target.ask(
            """
            SELECT p.polname, p.polpermissive, p.polcmd::text,
                   ARRAY(SELECT CASE r WHEN 0 THEN 'public' ELSE r::regrole::text END FROM unnest(p.polroles) r),
                   pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
              FROM pg_policy p WHERE p.polrelid = %s
            """,
            [table.oid],
        ):
            found.add(name)
            rule = allowed.get(name)
            if rule is None:
                tally.wrong(f"{table.full_name}: policy {name} is not ours: USING {using} WITH CHECK {check}")
            elif (permissive, command, using, check) != (
                rule.permissive,
                rule.command,
                rule.using,
                rule.check,
            ):
                tally.wrong(f"{table.full_name}: policy {name} was changed: USING {using} WITH CHECK {check}")
            elif not set(roles) <= rule.roles:
                tally.wrong(f"{table.full_name}: policy {name} also serves {sorted(set(roles) - rule.roles)}")
        needed = {POLICY, CENSUS}
        if table.schema != "audit" or table.name in READ_OF_THE_LOG:
            needed.add(ADMITTED)
        for name in sorted(needed - found):
            tally.wrong(f"{table.full_name}: policy {name} is missing")
    return tally.finding()


def _everything(target: Target) -> None:
    target.run("CREATE POLICY planted ON tenants_member USING (true)")


def _bypass_term(target: Target) -> None:
    target.run(
        f"ALTER POLICY {POLICY} ON tenants_member"
        " USING (tenant_id = (SELECT rf.tenant()) OR current_setting('rf.support', true) = 'on')"
    )


def _no_check(target: Target) -> None:
    target.run(f"ALTER POLICY {POLICY} ON tenants_member WITH CHECK (true)")


def _dropped(target: Target) -> None:
    target.run(f"DROP POLICY {POLICY} ON tenants_member")


def _admitting(target: Target) -> None:
    target.run(f"DROP POLICY {ADMITTED} ON tenants_member")


def _admitting_all(target: Target) -> None:
    target.run(f"ALTER POLICY {ADMITTED} ON tenants_member USING (true)")


PLANTS = (
    Plant("everything", "A second rule on the members' table lets every row through", _everything),
    Plant("bypass-term", "The rule on the members' table gains an exception for support", _bypass_term),
    Plant("no-check", "Anybody may write members into another workspace", _no_check),
    Plant("dropped", "The rule on the members' table is removed", _dropped),
    Plant("admitting", "The members' table is open to whom the policy keeps away", _admitting),
    Plant("admitting-all", "The rule that keeps excluded people away lets everybody pass", _admitting_all),
)
