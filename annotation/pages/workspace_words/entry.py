"""Words of the labeling workspace (entry), for `makemessages`. Written by `npm run words` in annotation/ui; not by hand."""
# ruff: noqa: E501 - texts stand on one line each
# fmt: off

from django.utils.translation import gettext_noop

TEXTS: tuple[str, ...] = (
    gettext_noop("Complete: it could be submitted."),
    gettext_noop("Preview"),
    gettext_noop("The answer"),
    gettext_noop("The answer so far"),
    gettext_noop("This schema cannot be shown. Check it first."),
)
PLURALS: tuple[tuple[str, str], ...] = (
)
