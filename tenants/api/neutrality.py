"""The API of neutrality: may this member, party or host touch us, and why?"""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ringfence.kernel.context import acting
from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantAPIView
from tenants.pages.neutrality import id_of
from tenants.services.ask_verdict import Explained, explain_host, explain_member, explain_party, resolve_host

TENANT = OpenApiParameter("tenant", str, OpenApiParameter.PATH, description="public id of the workspace")


class LinkAnswer(serializers.Serializer[None]):
    """One link of a path: the words between two names, and the second of them."""

    words = serializers.CharField()
    to = serializers.CharField()
    party = serializers.UUIDField(allow_null=True)
    unsure = serializers.BooleanField()


class ReasonAnswer(serializers.Serializer[None]):
    """One reason, from whoever is asked about to the excluded party."""

    level = serializers.CharField(help_text="deny, review or report")
    words = serializers.CharField()
    begin = serializers.CharField()
    path = LinkAnswer(many=True)
    rule = serializers.CharField()
    until = serializers.DateField(allow_null=True, help_text="the last day on which it counts")
    what_would_change_it = serializers.ListField(child=serializers.CharField())
    lifted = serializers.BooleanField(help_text="a signed plan lifts it here")


class PartAnswer(serializers.Serializer[None]):
    """One half of the answer."""

    what = serializers.CharField()
    outcome = serializers.CharField()


class PolicyAnswer(serializers.Serializer[None]):
    """The policy that was asked."""

    version = serializers.IntegerField(allow_null=True, help_text="null: the template, before any draft")
    digest = serializers.CharField(help_text="SHA-256 of the canonical JSON, in hex")
    signed = serializers.BooleanField()


class GraphAnswer(serializers.Serializer[None]):
    """The graph that was asked."""

    version = serializers.IntegerField()
    digest = serializers.CharField(help_text="of the chain up to this version, in hex")


class VerdictAnswer(serializers.Serializer[None]):
    """The whole answer. The header `Audit-Receipt` names its log entry."""

    about = serializers.CharField(help_text="member, party or host")
    subject = serializers.CharField()
    outcome = serializers.CharField(help_text="allow, deny or review: the strictest part")
    parts = PartAnswer(many=True)
    reasons = ReasonAnswer(many=True)
    policy = PolicyAnswer()
    graph = GraphAnswer()
    day = serializers.DateField()
    addresses = serializers.ListField(child=serializers.CharField(), help_text="of a host, as resolved now")


class VerdictView(TenantAPIView):
    """The verdict explainer for programs."""

    requires = Permission.NEUTRALITY_VIEW
    unit = "own"

    @extend_schema(
        responses=VerdictAnswer,
        parameters=[
            TENANT,
            OpenApiParameter("member", str, description="id of a member; give one of the three"),
            OpenApiParameter("party", str, description="id of a party of the registry"),
            OpenApiParameter("host", str, description="a host name or a public address"),
        ],
    )
    def get(self, request: Request) -> Response:
        """Answer about one member, party or host: a delivery, in the log before it leaves."""
        given = {name: request.query_params.get(name, "").strip() for name in ("member", "party", "host")}
        if sum(bool(value) for value in given.values()) != 1:
            raise Invalid("Ask about exactly one of member, party and host.", field="member")
        host = resolve_host(self.context, given["host"]) if given["host"] else None
        with acting(self.context):
            if host is not None:
                explained = explain_host(self.context, host)
            elif given["member"]:
                explained = explain_member(self.context, id_of(given["member"], "member"))
            else:
                explained = explain_party(self.context, id_of(given["party"], "party"))
        return Response(_body(explained))


def _body(explained: Explained) -> dict[str, Any]:
    return {
        "about": explained.about,
        "subject": explained.subject,
        "outcome": explained.answer.outcome.value,
        "parts": [{"what": part.what, "outcome": part.outcome.value} for part in explained.answer.parts],
        "reasons": [
            {
                "level": told.level.word,
                "words": told.words,
                "begin": told.begin,
                "path": [
                    {"words": link.words, "to": link.to, "party": link.party, "unsure": link.unsure}
                    for link in told.chain
                ],
                "rule": told.rule,
                "until": told.until,
                "what_would_change_it": list(told.changes),
                "lifted": told.lifted,
            }
            for told in explained.answer.told
        ],
        "policy": {
            "version": explained.rules.version,
            "digest": explained.rules.digest.hex(),
            "signed": explained.rules.signed,
        },
        "graph": {"version": explained.graph_version, "digest": explained.graph_digest.hex()},
        "day": explained.day,
        "addresses": list(explained.addresses),
    }
