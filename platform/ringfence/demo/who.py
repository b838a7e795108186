"""`make who`: lists the demo's people from `demo.json`, each with the second factor's code of this moment."""

import os
import sys
from collections.abc import Mapping

import pyotp

from ringfence.demo.layout import layout_from
from ringfence.embedded.errors import EmbeddedError

COLUMNS = ("name", "role", "workspace", "email", "password", "code")


def code_now(person: Mapping[str, str]) -> str:
    """Return the code that the person's second factor shows now, or nothing for who has none."""
    secret = person.get("totp_secret")
    return str(pyotp.TOTP(secret).now()) if secret else ""


def table(people: list[dict[str, str]]) -> str:
    """Return the people as an aligned table; a column that nobody has is left out."""
    columns = [column for column in COLUMNS if any(person.get(column) for person in people)]
    rows = [columns, *[[str(person.get(column) or "-") for column in columns] for person in people]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def main() -> int:
    """Print the table; a line on standard error and 1 when there is no demo."""
    try:
        layout = layout_from(dict(os.environ))
        found = layout.people()
        if found is None:
            raise EmbeddedError(f"nobody lives in {layout.var} yet: make demo")
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    print(found["base_url"])
    print(table([{**person, "code": code_now(person)} for person in found["people"]]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
