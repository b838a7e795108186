"""Words of the labeling workspace (engines), for `makemessages`. Written by `npm run words` in annotation/ui; not by hand."""
# ruff: noqa: E501 - texts stand on one line each
# fmt: off

from django.utils.translation import gettext_noop

TEXTS: tuple[str, ...] = (
    gettext_noop("Choose text first: click a word, or focus the text and use the arrow keys."),
    gettext_noop("It goes no further."),
    gettext_noop("No span is chosen."),
    gettext_noop("Now {label}: {quote}"),
    gettext_noop("Spans may not overlap here."),
    gettext_noop("There is no such label."),
    gettext_noop("This is marked so already."),
    gettext_noop("{label} added: {quote}. Spans: {count}"),
    gettext_noop("{label} removed: {quote}. Spans: {count}"),
    gettext_noop("{label}: {quote}"),
)
PLURALS: tuple[tuple[str, str], ...] = (
)
