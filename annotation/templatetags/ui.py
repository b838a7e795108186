"""The tag that names a built entry of the workspace: its style sheets, what it will need, its script."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from annotation.pages.words import workspace_words

register = template.Library()

MANIFEST = Path(__file__).parent.parent / "static" / "ui" / "manifest.json"


class NotBuilt(Exception):
    """The workspace was not built: `make ui` builds it."""


@register.simple_tag
def ui_entry(name: str) -> SafeString:
    """Return the tags for `src/entry/<name>.tsx`, and its words in the reader's language. Raises `NotBuilt`."""
    try:
        stamp = MANIFEST.stat().st_mtime_ns
    except FileNotFoundError:
        raise NotBuilt("the workspace is not built; run: make ui") from None
    words = workspace_words()
    said = format_html('<meta name="words" content="{}">', words) if words else ""
    return format_html("{}{}", said, entry_tags(_manifest(stamp), f"src/entry/{name}.tsx"))


def entry_tags(manifest: dict[str, Any], entry: str) -> SafeString:
    """Return style sheets, module preloads and the script of `entry`, each file once."""
    chunks: dict[str, Any] = {}
    _collect(manifest, entry, chunks)
    sheets = dict.fromkeys(sheet for chunk in chunks.values() for sheet in chunk.get("css", ()))
    ahead = [chunk["file"] for name, chunk in chunks.items() if name != entry]
    return format_html(
        '{}{}<script type="module" src="{}"></script>',
        format_html_join("", '<link rel="stylesheet" href="{}">', ((_address(sheet),) for sheet in sheets)),
        format_html_join("", '<link rel="modulepreload" href="{}">', ((_address(file),) for file in ahead)),
        _address(manifest[entry]["file"]),
    )


def _collect(manifest: dict[str, Any], name: str, chunks: dict[str, Any]) -> None:
    if name in chunks:
        return
    chunks[name] = manifest[name]
    for imported in manifest[name].get("imports", ()):
        _collect(manifest, imported, chunks)


def _address(file: str) -> str:
    return static(f"ui/{file}")


@lru_cache(maxsize=1)
def _manifest(stamp: int) -> dict[str, Any]:
    """Return the manifest as written at `stamp`; a build while the server runs is seen."""
    return dict(json.loads(MANIFEST.read_text(encoding="utf-8")))
