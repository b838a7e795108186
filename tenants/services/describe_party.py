"""Describe a party: a new one, or a known one anew. The newest description holds; the ones before it stay."""

from collections.abc import Sequence
from uuid import UUID

from ringfence.kernel.errors import Invalid
from ringfence.kernel.ids import uuid7
from tenants.gate.registry import NewParty, known
from tenants.neutrality.destinations import check_places
from tenants.neutrality.facts import FactRefused, Party, PartyKind
from tenants.neutrality.gleif import check_lei, party_id
from tenants.neutrality.intake import MOST_TEXT, RowRefused, text_of
from tenants.services.state_facts import state_facts

MOST_IDENTIFIERS = 50
LEI_SCHEME = "LEI"


def describe_party(
    *,
    party: UUID | None,
    name: str,
    kind: PartyKind,
    lei: str = "",
    identifiers: Sequence[tuple[str, str]] = (),
    listed: bool = False,
    fund: bool = False,
    source: str,
) -> UUID:
    """Return the id of the party. `party` None makes a new one; with an LEI it has the id that an import gives it.

    Raises `Invalid`, also for an LEI that is another party's, and what `state_facts` raises.
    """
    facts = known()
    if party is not None and (party not in facts.parties or party in facts.person_of):
        raise Invalid("There is no such party.", field="party")
    if party in facts.declared:
        raise Invalid("A declaration has named this party: say which firm it is instead.", field="party")
    lei = _checked_lei(lei)
    holder = next(
        (each for each in facts.parties.values() if lei and each.lei == lei and each.id != party), None
    )
    if holder is not None:
        raise Invalid(f"This LEI is that of {holder.name}. Amend that party, or check the LEI.", field="lei")
    described = Party(
        id=party or (party_id(lei) if lei else uuid7()),
        name=_text(name, "name"),
        kind=kind,
        lei=lei,
        identifiers=_identifiers(identifiers, lei),
        listed=listed,
        fund=fund,
    )
    try:
        check_places(described)
    except FactRefused as wrong:
        raise Invalid(str(wrong).partition(": ")[2].capitalize() + ".", field="identifiers") from wrong
    state_facts(
        [NewParty(described, is_operator=described.id == facts.operator, source=_text(source, "source"))]
    )
    return described.id


def _checked_lei(text: str) -> str:
    try:
        return check_lei(text.strip().upper(), "lei") if text.strip() else ""
    except RowRefused as wrong:
        raise Invalid(f"This is no LEI: {wrong}.", field="lei") from wrong


def _text(value: str, field: str) -> str:
    try:
        return text_of(value, field)
    except RowRefused as wrong:
        raise Invalid(
            f"{str(wrong).capitalize()}; write 1 to {MOST_TEXT} characters.", field=field
        ) from wrong


def _identifiers(given: Sequence[tuple[str, str]], lei: str) -> tuple[tuple[str, str], ...]:
    pairs = [(_text(scheme, "identifiers"), _text(value, "identifiers")) for scheme, value in given]
    if lei and (LEI_SCHEME, lei) not in pairs:
        pairs.append((LEI_SCHEME, lei))
    if len(pairs) > MOST_IDENTIFIERS:
        raise Invalid(f"A party has at most {MOST_IDENTIFIERS} identifiers.", field="identifiers")
    return tuple(dict.fromkeys(pairs))
