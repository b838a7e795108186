"""The catalog of the labeling workspace: its words in the reader's language, as the page carries them."""

import json
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, gettext, ngettext

from annotation.pages.workspace_words import answering, desk, editor, engines, entry, parts, practice

ROOMS = (answering, desk, editor, engines, entry, parts, practice)
"""One module for each room of the workspace's sources; `npm run words` writes them."""
COUNTED = 200
"""Forms of a plural are told for so many numbers. Beyond, they go by the last two digits in every language."""


def workspace_words() -> str:
    """Return the catalog as JSON (`annotation/ui/src/core/words.ts` reads it); empty where nothing is translated."""
    return _catalog(get_language() or "")


@lru_cache(maxsize=64)
def _catalog(language: str) -> str:
    texts = {text: gettext(text) for room in ROOMS for text in room.TEXTS}
    found: dict[str, Any] = {
        "texts": {text: translated for text, translated in texts.items() if translated != text},
        "plurals": {
            one: plural for room in ROOMS for one, more in room.PLURALS if (plural := _plural(one, more))
        },
    }
    return json.dumps(found, ensure_ascii=False) if any(found.values()) else ""


def _plural(one: str, more: str) -> dict[str, Any] | None:
    by_number = [ngettext(one, more, n) for n in range(COUNTED)]
    forms = list(dict.fromkeys(by_number))
    if set(forms) <= {one, more}:
        return None
    # One digit for each number: no language has more than six forms.
    return {"forms": forms, "which": "".join(str(forms.index(form)) for form in by_number)}
