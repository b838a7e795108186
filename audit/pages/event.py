"""One event's page: all that it says, and the proof of its place, checked here and by the reader's browser."""

import json
from typing import ClassVar

from django.http import HttpRequest, HttpResponse

from audit.download import file_answer
from audit.encoding import to_base64
from audit.pages.sentences import sentence_of, tone_of
from audit.pages.views import who_of
from audit.services.proof_of import proof_at
from audit.services.read_event import read_event
from audit.services.stored_log import policy_of, the_log
from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import leaves_by
from ringfence.web.pages import Requires, TenantPage

SHOWN_APART = frozenset({"event", "verb", "object_kind", "object", "purpose", "detail", "actor", "role"})
LONGEST_NUMBER = 19


class EventPage(TenantPage):
    """Who did what to which data, when, why, and under which policy."""

    requires: ClassVar[Requires] = Permission.AUDIT_VIEW
    template = "audit/event.html"

    def get(self, request: HttpRequest, index: int) -> HttpResponse:
        """Show it: reading is recorded. Raises `NotFound`."""
        found = read_event(self.context, index=index)
        line, place = found.line, found.place
        log = the_log()
        return self.page(
            line=line,
            who=who_of(line),
            words=sentence_of(line.verb),
            tone=tone_of(line.verb),
            kind=line.object_kind.replace("_", " "),
            role=(line.pii or {}).get("role", ""),
            purpose=(line.core or {}).get("purpose", ""),
            source={name: value for name, value in (line.pii or {}).items() if name not in SHOWN_APART},
            detail=json.dumps(line.detail, indent=2, ensure_ascii=False, sort_keys=True)
            if line.detail
            else "",
            place=place,
            leaf_hash=to_base64(place.leaf_hash) if place else "",
            steps=[
                (to_base64(each.sibling), each.left, to_base64(each.node))
                for each in (place.steps if place else ())
            ],
            root=to_base64(place.checkpoint.head) if place else "",
            policy=found.policy,
            older=line.index - 1 if line.index else None,
            newer=line.index + 1 if found.newer else None,
            openings={half: to_base64(opening) for half, opening in found.openings.items()},
            log_policy=policy_of(log) if place else "",
            may_export=Permission.AUDIT_EXPORT in self.context.permissions,
            public_id=self.context.public_id,
        )


class EventProofPage(TenantPage):
    """The proof of an event's place as a download (c2sp.org/tlog-proof); its extra data is the leaf."""

    requires: ClassVar[Requires] = Permission.AUDIT_VIEW

    @leaves_by("audit-proof")
    def get(self, request: HttpRequest, index: int) -> HttpResponse:
        """Return the file, under the checkpoint of `size` events if named. Raises `EventPending`, `NotFound`."""
        named = request.GET.get("size", "")
        size = int(named) if named.isascii() and named.isdecimal() and len(named) < LONGEST_NUMBER else None
        return file_answer(
            proof_at(self.context, index=index, size=size).content, f"event-{index}.tlog-proof"
        )
