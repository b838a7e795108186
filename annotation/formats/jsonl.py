"""Reads JSON Lines: one object a line, kept as the very bytes of the file."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from annotation.formats.identity import BadExternalId, external_id_of
from annotation.formats.limits import MIB, NESTING, ROW_BYTES
from annotation.formats.lines import Line
from annotation.formats.rows import DOES_NOT_FIT, FileRefused, Fits, Row, RowError, anything_fits

_BLANK = b" \t\r\n"


class _DuplicateKey(ValueError):
    """An object names one key twice: whichever value we showed, somebody meant the other."""


class _NotANumber(ValueError):
    """NaN and Infinity are no JSON, and no two readers agree on them."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _DuplicateKey
    return made


def _constant(name: str) -> Any:
    raise _NotANumber


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant).decode


def check_jsonl_head(head: bytes) -> None:
    """Refuse a file that is one JSON document. Raises `FileRefused`."""
    if head.lstrip(_BLANK).startswith(b"["):
        raise FileRefused(
            "json_array",
            "This is one JSON array. JSONL has one object a line; convert it with: jq -c '.[]' file.json",
            line=1,
        )


def read_jsonl(lines: Iterable[Line], fits: Fits = anything_fits) -> Iterator[Row | RowError]:
    """Yield a row, or what is wrong with it, for each line that is not blank."""
    for line in lines:
        number, raw, end, _, _ = line
        if raw is None:
            message = f"The row is longer than {ROW_BYTES // MIB} MiB."
            yield RowError(number, "row_too_long", message, end)
            continue
        payload = raw.strip(_BLANK)
        if not payload:
            continue
        try:
            value = _decode(payload.decode())
            if type(value) is not dict:
                yield RowError(number, "not_an_object", "Each line is one JSON object, in { }.", end)
            elif not value:
                yield RowError(number, "empty_object", "The object has no fields.", end)
            elif _too_deep(payload, value):
                yield RowError(number, "too_deep", f"Values are nested more than {NESTING} deep.", end)
            else:
                row = Row(number, external_id_of(value.get("id")), payload, end)
                unfit = fits(value)
                yield RowError(number, DOES_NOT_FIT, unfit, end) if unfit else row
        except ValueError as error:
            yield RowError(number, *_explain(error, line), end)
        except RecursionError:
            yield RowError(number, "too_deep", f"Values are nested more than {NESTING} deep.", end)


def _too_deep(payload: bytes, value: Any) -> bool:
    if payload.count(b"{") + payload.count(b"[") <= NESTING:
        return False
    level = [value]
    for _ in range(NESTING):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True


def _explain(error: ValueError, line: Line) -> tuple[str, str]:
    """Return (code, message). The messages of `json` name places and quote nothing."""
    if isinstance(error, UnicodeDecodeError):
        return "not_utf8", f"Byte {error.start + 1} of this line is not valid UTF-8. Save the file as UTF-8."
    if isinstance(error, _DuplicateKey):
        return "duplicate_key", "An object names the same key twice."
    if isinstance(error, _NotANumber):
        return "not_a_number", "NaN and Infinity are not JSON. Use null, or leave the field out."
    if isinstance(error, BadExternalId):
        return "bad_id", str(error)
    if isinstance(error, json.JSONDecodeError):
        if not line.ended:
            return "cut_off", "The last line is not complete: the file may have been cut off."
        return "not_json", f"Not valid JSON at character {error.pos + 1}: {error.msg}."
    return "not_json", "Not valid JSON: a number has too many digits."
