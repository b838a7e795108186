"""The API of who watches the signer: the log's witnesses, and how many of them its owner wants."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit.services.choose_witnesses import choose_witnesses
from audit.services.witnessed import Watch, watch
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import Requires, TenantAPIView


class WatcherAnswer(serializers.Serializer[Any]):
    """One witness, and when it last cosigned."""

    name = serializers.CharField()
    key_name = serializers.CharField(help_text="the name under which its key signs (c2sp.org/signed-note)")
    seen_at = serializers.DateTimeField(allow_null=True)
    fresh = serializers.BooleanField(help_text="within the last 24 hours")


class WatchAnswer(serializers.Serializer[Any]):
    """Who watches, how many are wanted, and what they know of this log."""

    watchers = WatcherAnswer(many=True)
    wanted = serializers.IntegerField(help_text="how many of them must have cosigned; 0 where there are none")
    size = serializers.IntegerField(
        allow_null=True, help_text="events under the newest checkpoint of this log that as many know"
    )
    at = serializers.DateTimeField(allow_null=True, help_text="since when they all say so")
    met = serializers.BooleanField()


class WantedBody(serializers.Serializer[Any]):
    """How many."""

    wanted = serializers.IntegerField(min_value=1, max_value=99, help_text="k of the n witnesses")


NOBODY = {"watchers": [], "wanted": 0, "size": None, "at": None, "met": False}


class WitnessesView(TenantAPIView):
    """Who watches the signer of this log."""

    requires: ClassVar[Requires] = {"GET": Permission.AUDIT_VIEW, "PUT": Permission.AUDIT_WATCH}

    @extend_schema(responses=WatchAnswer)
    def get(self, request: Request) -> Response:
        """Return the witnesses; none where the operator has named none."""
        return Response(_answer(watch(self.context)))

    @extend_schema(request=WantedBody, responses=WatchAnswer)
    def put(self, request: Request) -> Response:
        """Choose how many must have cosigned. It speaks to pins taken from now on, and is an event of the log."""
        body = WantedBody(data=request.data)
        body.is_valid(raise_exception=True)
        choose_witnesses(self.context, wanted=body.validated_data["wanted"])
        return Response(_answer(watch(self.context)))


def _answer(seen: Watch | None) -> dict[str, Any]:
    return NOBODY if seen is None else dict(WatchAnswer(seen).data)
