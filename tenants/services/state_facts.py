"""Add parties and statements to the registry, told first in the platform log: no entry, no act."""

import hashlib
from collections.abc import Sequence

from audit.leaf import canonical_json
from audit.verbs import Verb
from tenants.gate.registry import Appended, NewParty, append
from tenants.gate.resolve import forget
from tenants.neutrality.documents import document_of, kind_of, party_document
from tenants.neutrality.facts import Statement
from tenants.services.platform_log import note


def state_facts(parties: Sequence[NewParty] = (), statements: Sequence[Statement] = ()) -> Appended:
    """Return the version of the graph that holds what was added: public facts, all of them or none.

    A crash between the entry and the act leaves an entry of facts that the registry does not hold; its digest
    says which. Raises `FactRefused`, `PlatformLogClosed`, `Dark`.
    """
    added = hashlib.sha256()
    for new in parties:
        added.update(canonical_json(party_document(new.party)))
    for statement in statements:
        fact = {} if statement.fact is None else document_of(statement.fact)
        added.update(canonical_json({"id": str(statement.id), "kind": kind_of(statement.fact), "fact": fact}))
    note(
        Verb.STATEMENTS_RECORDED,
        detail={"parties": len(parties), "statements": len(statements), "sha256": added.hexdigest()},
    )
    done = append(parties, statements)
    forget()
    return done
