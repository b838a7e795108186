"""The second implementation: Cedar gets raw facts of the closure and the policy, and never a verdict or hit of ours.

What is exported is computed here from the graph, the control closure and the shares alone; `rules.py` and
`taint.py` are not asked. The rules themselves stand in `neutrality.cedar`.
"""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import UUID

import cedarpy

from tenants.neutrality.closure import control
from tenants.neutrality.facts import IN_THE_ROOM, RIGHTS, SEATS, InterestType, PartyKind
from tenants.neutrality.graph import Graph
from tenants.neutrality.ledger import units
from tenants.neutrality.policy import SETTABLE, Level, Policy
from tenants.neutrality.situation import Situation, readings_of, situation_of

TEXT = (Path(__file__).parent / "neutrality.cedar").read_text()
IDS = re.findall(r'@id\("(\w+)"\)', TEXT)


class TwinBroken(Exception):
    """Cedar could not evaluate a policy over the exported facts; nothing can be said."""


def without(name: str) -> str:
    """Return the policies with one rule dropped."""
    kept = [part for part in re.split(r"(?=@id)", TEXT) if not part.startswith(f'@id("{name}")')]
    return "".join(kept)


class Twin:
    """One set of Cedar policies, parsed once."""

    def __init__(self, text: str = TEXT) -> None:
        self._ids = re.findall(r'@id\("(\w+)"\)', text)
        self._policies = cedarpy.PolicySet.from_str(text)

    def judge(self, graph: Graph, policy: Policy, excluded: UUID) -> dict[UUID, dict[str, Any]]:
        """Return, for each party: the rules that it meets, and the levels for people and egress."""
        exported = cedarpy.Entities.from_json_str(json.dumps(entities(graph, policy, excluded)))
        asked = [(party, question) for party in graph.parties for question in questions(policy)]
        requests = [
            {
                "principal": {"type": "Party", "id": str(party)},
                "action": {"type": "Action", "id": name},
                "resource": {"type": "Party", "id": str(excluded)},
                "context": context(policy, stops),
            }
            for party, (name, stops) in asked
        ]
        found: dict[UUID, dict[str, Any]] = defaultdict(dict)
        answers = cedarpy.is_authorized_batch(requests, self._policies, exported)
        for (party, (name, _)), answer in zip(asked, answers, strict=True):
            if answer.diagnostics.errors:
                raise TwinBroken(str(answer.diagnostics.errors[0]))
            if name == "rules":
                # Cedar numbers policies in the order of the text.
                reasons = {self._ids[int(each.removeprefix("policy"))] for each in answer.diagnostics.reasons}
                found[party]["rules"] = reasons - {"anybody"}
            else:
                found[party][name] = answer.allowed
        return {party: _levels(answer) for party, answer in found.items()}


def _levels(answer: dict[str, Any]) -> dict[str, Any]:
    """Return deny when not even a review would open the door, review when only a review would."""
    levels = {}
    for who in ("people", "egress"):
        opened = Level.REPORT if answer[f"{who} review"] else Level.REVIEW
        levels[who] = opened if answer[f"{who} deny"] else Level.DENY
    return {"rules": answer["rules"], **levels}


def questions(policy: Policy) -> list[tuple[str, list[str]]]:
    """Return what is asked of each party: which rules it meets, and for both ways, what stops at each level."""
    document = policy.document()["rules"]
    asked = [("rules", [rule.value for rule in SETTABLE])]
    for who in ("people", "egress"):
        for level, stopping in (("deny", {"deny"}), ("review", {"deny", "review"})):
            stops = [name for name, levels in document.items() if levels[who] in stopping]
            asked.append((f"{who} {level}", stops))
    return asked


def context(policy: Policy, stops: list[str]) -> dict[str, Any]:
    """Return the policy's thresholds, and the rules that stop the action asked for."""
    return {
        "stops": stops,
        "economic": units(policy.economic_percent),
        "revenue": units(policy.revenue_percent),
    }


def entities(graph: Graph, policy: Policy, excluded: UUID) -> list[dict[str, Any]]:
    """Return raw facts on every party, with respect to one excluded party."""
    s = situation_of(graph, policy, excluded, readings_of(graph, policy))
    family = s.group.via.keys() | s.siblings.via.keys()
    reach = {party: control(s.ledger, [position]).via for party, position in s.ledger.index.items()}
    above: dict[UUID, set[UUID]] = defaultdict(set)
    for party, controlled in reach.items():
        for member in controlled:
            above[s.party(member)].add(party)
    rights, room = _rights_and_room(s)
    made = []
    for party, position in s.ledger.index.items():
        facts = [held.fact for held in graph.interests if held.fact.subject == party]
        attributes: dict[str, Any] = {
            "kind": graph.parties[party].kind.value,
            "share": s.found[position],
            "possibleShare": s.possible_found[position],
            "votesOfGroup": sum(
                share for holder, share in s.ledger.votes[position].items() if holder in s.group
            ),
            "controllersWithoutVotes": [
                _ref(s.party(holder)) if holder != s.ledger.undisclosed else _ref(UUID(int=0))
                for holder, subjects in enumerate(s.ledger.controls)
                if position in subjects
            ],
            "rightHolders": _refs({holder for each in above[party] for holder in rights[each]}),
            "inTheRoom": _refs({person for each in above[party] for person in room[each]}),
            "revenueFromFamily": sum(
                units(fact.most)
                for fact in facts
                if fact.type is InterestType.REVENUE_DEPENDENCE
                and fact.most is not None
                and fact.holder is not None
                and s.ledger.index[fact.holder] in family
            ),
            "lenders": _refs({f.holder for f in facts if f.type is InterestType.DEBT and f.holder}),
            "holdsPartOf": _refs({s.party(subject) for subject in s.ledger.subjects[position]}),
            "underParents": position in s.siblings,
        }
        if party == excluded:
            people = {m for m in s.group.via if s.group.via[m] is None and m != position}
            attributes |= {
                "core": _refs(map(s.party, s.core.via)),
                "group": _refs(map(s.party, s.group.via)),
                "controlled": _refs(s.party(m) for m in s.group.via if m != position and m not in people),
                "family": _refs(map(s.party, family)),
                "insiders": _refs(s.insiders),
            }
        made.append({"uid": _ref(party)["__entity"], "attrs": attributes, "parents": []})
    return made


def _rights_and_room(s: Situation) -> tuple[dict[UUID, set[UUID]], dict[UUID, set[UUID]]]:
    """Return who holds rights at each party, seats of insiders left out, and who sits or works in its room."""
    rights: dict[UUID, set[UUID]] = defaultdict(set)
    room: dict[UUID, set[UUID]] = defaultdict(set)
    for held in s.graph.interests:
        fact = held.fact
        if fact.holder is None:
            continue
        if fact.type in SEATS and s.graph.parties[fact.holder].kind is PartyKind.PERSON:
            room[fact.subject].add(fact.holder)
        of_insider = fact.type in SEATS and fact.holder in s.insiders
        if fact.type in RIGHTS and fact.subject != s.excluded and not of_insider:
            rights[fact.subject].add(fact.holder)
    for tie in s.graph.ties:
        if tie.fact.role in IN_THE_ROOM and (tie.fact.end is None or tie.fact.end >= s.graph.day):
            room[tie.fact.party].add(tie.fact.person)
    return rights, room


def _ref(party: UUID) -> dict[str, dict[str, str]]:
    return {"__entity": {"type": "Party", "id": str(party)}}


def _refs(parties: Any) -> list[dict[str, dict[str, str]]]:
    return [_ref(party) for party in sorted(parties)]
