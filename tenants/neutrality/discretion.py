"""What an officer of one tenant may see of a graph that holds everybody's declarations. Pure.

What people declared about themselves decides verdicts everywhere and is shown nowhere but on their own pages and,
as far as the verdict on them goes, to the officers of tenants whose members they are. A path that leads over
somebody else's declaration is told by its ends, and says that it is.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from uuid import UUID

from tenants.neutrality.destinations import DestinationVerdict
from tenants.neutrality.facts import Affiliation, Interest, Party
from tenants.neutrality.graph import Graph
from tenants.neutrality.hits import Hit, Note, Step
from tenants.neutrality.people import PersonVerdict, Reason

CONFIDENTIAL = "somebody who is named in confidence"


@dataclass(frozen=True, slots=True)
class Discretion:
    """What stays unsaid: sealed statements, and parties whose names are known from people's declarations alone."""

    statements: Set[UUID]
    parties: Set[UUID]

    def except_for(self, own: Iterable[UUID]) -> "Discretion":
        """Return it without these parties: the person asked about, and those that they are tied to."""
        return Discretion(self.statements, self.parties - set(own))

    def hides(self, step: Step, *, own: UUID | None = None) -> bool:
        """Say whether a link of a path is somebody else's own words. `own`: whose verdict is told."""
        if own is not None and own in (step.holder, step.subject):
            return False
        return (
            step.statement in self.statements or step.subject in self.parties or step.holder in self.parties
        )

    def hit(self, hit: Hit, *, own: UUID | None = None) -> Hit:
        """Return a hit whose path may be shown: as it is, or as its two ends and a note."""
        if not any(self.hides(step, own=own) for step in hit.path):
            return hit
        return replace(hit, path=(Step(hit.excluded, hit.party),), note=Note.CONFIDENTIAL)

    def verdict(self, verdict: PersonVerdict) -> PersonVerdict:
        """Return a verdict on a person whose paths may be shown to officers of a tenant that they are a member of."""
        return replace(
            verdict,
            reasons=tuple(self._reason(reason, verdict.person) for reason in verdict.reasons),
            mitigated=tuple(self._reason(reason, verdict.person) for reason in verdict.mitigated),
        )

    def destination(self, verdict: DestinationVerdict) -> DestinationVerdict:
        """Return a verdict on a destination whose paths may be shown."""
        points = tuple(
            replace(point, hits=tuple(self.hit(hit) for hit in point.hits)) for point in verdict.points
        )
        return replace(verdict, points=points)

    def names(self, parties: Mapping[UUID, Party]) -> dict[UUID, Party]:
        """Return the parties, with those that stay unsaid under no name of theirs."""
        return {
            each: Party(each, CONFIDENTIAL, party.kind) if each in self.parties else party
            for each, party in parties.items()
        }

    def graph(self, graph: Graph) -> Graph:
        """Return what of a graph is nobody's own words."""

        def open_to_see(fact: Interest | Affiliation | None) -> bool:
            if isinstance(fact, Interest):
                return fact.subject not in self.parties and fact.holder not in self.parties
            return fact is None or not {fact.person, fact.party} & self.parties

        return replace(
            graph,
            parties={each: party for each, party in graph.parties.items() if each not in self.parties},
            interests=tuple(
                held
                for held in graph.interests
                if held.statement.id not in self.statements and open_to_see(held.fact)
            ),
            ties=tuple(
                tie for tie in graph.ties if tie.statement.id not in self.statements and open_to_see(tie.fact)
            ),
            ended=tuple(
                held
                for held in graph.ended
                if held.statement.id not in self.statements and open_to_see(held.fact)
            ),
            announced=tuple(
                each for each in graph.announced if each.id not in self.statements and open_to_see(each.fact)
            ),
            contradicted=tuple(pair for pair in graph.contradicted if not set(pair) & self.statements),
        )

    def _reason(self, reason: Reason, own: UUID) -> Reason:
        return reason if reason.hit is None else replace(reason, hit=self.hit(reason.hit, own=own))
