"""What an owner shows to everybody: one attestation as JSON, under a random id, with nothing else of the workspace."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from audit.attestation import Attestation, statement_of
from audit.attestation_file import AttestationFile
from ringfence.kernel.permissions import Public
from ringfence.web.pages import PublicPage
from tenants.gate.publications import find_publication

FORMAT = "ringfence-public-attestation/1"
NOTHING = {"code": "not_found", "message": "Nothing is shown here."}
HOW = "Keep `file` as a file, and verify it with that log's pin: python -m audit.verify attestation FILE --pin PIN"


class PublicAttestationPage(PublicPage):
    """One attestation for everybody, or the same answer for every id under which nothing is shown."""

    requires = Public("an owner has made this one attestation public; the id is random and says nothing")

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Return the statement with everything that is mandatory, and the file that proves it."""
        shown = find_publication(public_id)
        if shown is None:
            return JsonResponse(NOTHING, status=HTTPStatus.NOT_FOUND)
        said = Attestation.parse(AttestationFile.parse(shown.content).envelope.payload)
        return JsonResponse(
            {
                "format": FORMAT,
                "expired": timezone.now() >= said.expires,
                "unsigned_policy": said.unsigned,
                "statement": statement_of(said),
                "how": HOW,
                "file": shown.content.decode(),
            },
            json_dumps_params={"indent": 1},
        )
