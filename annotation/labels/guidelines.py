"""Guidelines: Markdown in, safe HTML out. No raw HTML, no images, no links but http(s) and mail. Pure."""

from functools import cache

from markdown_it import MarkdownIt

from annotation.labels.errors import Malformed

MOST_CHARACTERS = 100_000


@cache
def _renderer() -> MarkdownIt:
    # Raw HTML is shown as text. Pictures are off: they would be fetched from elsewhere, which tells
    # elsewhere who reads these guidelines.
    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")


def check_guidelines(markdown: str) -> str:
    """Return the text. Raises `Malformed` when it is too long or cannot be stored."""
    if len(markdown) > MOST_CHARACTERS:
        raise Malformed(f"guidelines have at most {MOST_CHARACTERS:,} characters")
    if "\0" in markdown or any("\ud800" <= letter <= "\udfff" for letter in markdown):
        raise Malformed("the text holds a character that cannot be stored")
    return markdown.replace("\r\n", "\n")


def render_guidelines(markdown: str) -> str:
    """Return HTML that is safe to put into a page as it is."""
    renderer = _renderer()
    tokens = renderer.parse(markdown)
    for token in tokens:
        # The page has the one heading of the first level; the text's own stand below it.
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + 1, 6)}"
    return str(renderer.renderer.render(tokens, renderer.options, {}))
