"""What the log's page says of a log that was given up, and the file that leads a pin across."""

from typing import ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from audit.download import file_answer
from audit.pages.forms import PinSizeForm
from audit.services.succession_of import succession_of
from audit.services.successions import Step
from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import leaves_by
from ringfence.web.pages import Requires, TenantPage


class SuccessionPage(TenantPage):
    """The succession as a download, for a pin of `?old=` events."""

    requires: ClassVar[Requires] = Permission.AUDIT_VIEW

    @leaves_by("audit-proof")
    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the file. Raises `Invalid`."""
        form = PinSizeForm(request.GET)
        if not form.is_valid():
            raise Invalid(str(form.errors["old"][0]), field="old")
        old_size = form.cleaned_data["old"] or 0
        return file_answer(succession_of(self.context, old_size=old_size), f"since-{old_size}.succession")


def words_of(step: Step) -> str:
    """Return in a few sentences what became of a log that was given up."""
    why = {
        "behind": _("The database was set back, and no copy had what was promised."),
        "forked": _("Other events stand where the promised ones stood."),
        "keyless": _("Its signing key is lost."),
    }[step.standing]
    what = (
        _("The meta-log, which witnesses watch, was held to %(promised)s leaves, and goes on from %(kept)s.")
        if step.meta
        else _(
            "A log of this workspace was held to %(promised)s events. This one goes on from %(kept)s of them."
        )
    )
    return f"{what % {'promised': f'{step.promised:,}', 'kept': f'{step.kept:,}'}} {why}"
