"""Guidelines as HTML for templates."""

from django.utils.safestring import SafeString, mark_safe

from annotation.labels.guidelines import render_guidelines


def guidelines_html(markdown: str) -> SafeString:
    """Return rendered guidelines: the renderer writes no raw HTML, no pictures and no script links."""
    return mark_safe(render_guidelines(markdown))  # noqa: S308 - see render_guidelines; a test tries to break it
