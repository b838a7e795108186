"""Says what was verified, for people and for programs."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from audit.encoding import to_base64
from audit.erasure import indexes_erased_by
from audit.leaf import Half
from audit.manifest import BundleKind
from audit.verify.contents import Event
from audit.verify.judge import Report, Verdict
from audit.verify.stamped import stamps_as_json, stamps_in_words
from audit.watched import Known

DAY, HOUR, MINUTE = 86_400, 3_600, 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERB_FIRST = ("action", "verb")

HEADLINES = {
    Verdict.GOOD: "GOOD: everything in this bundle is as the log signed it, and the log extends your pin.",
    Verdict.PROOF_WRONG: "WRONG: this bundle does not prove what it claims.",
    Verdict.MALFORMED: "MALFORMED: this is not a bundle, or not the one encoding of its contents.",
    Verdict.EQUIVOCATION: "EQUIVOCATION: the log has signed two histories that exclude each other.",
    Verdict.NOT_ANCHORED: "NOT ANCHORED: this bundle is consistent with itself, and that is all it proves.",
}


def in_words(report: Report, *, most_events: int) -> list[str]:
    """Return the report as lines of text for a person; control characters are made visible."""
    checkpoint = report.bundle.checkpoint
    lines = [HEADLINES[report.verdict]]
    if report.why_not_anchored:
        lines.append(f"  Why: {report.why_not_anchored}.")
    lines += [
        "",
        "Shown:" if report.verdict is Verdict.GOOD else "Shown only if the log's key is the right one:",
        f"  Log {visible(checkpoint.origin)} with {checkpoint.size} events.",
        f"  Root {to_base64(checkpoint.head)}.",
        f"  {_extent(report)}",
        f"  {_disclosed(report)}",
    ]
    if report.verdict is Verdict.GOOD and report.pinned:
        lines.append(f"  Nothing of the {report.pinned.size} events in your pin was changed or removed.")
    lines += [f"  Cosigned by {_cosigner(each.name, each.timestamp)}." for each in report.cosigners]
    lines += watched_in_words(report.known)
    lines += [f"  {visible(line)}" for line in stamps_in_words(report.stamps)]
    lines += [f"  {visible(remark)}" for remark in report.remarks]
    lines += _erasures(report)
    lines += ["", "Not shown:", *(f"  {limit}" for limit in report.limits)]
    lines += _events(report, most_events)
    return lines


def as_json(report: Report, *, most_events: int, more: Mapping[str, Any] | None = None) -> str:
    """Return the report, and `more` beside it, as one JSON object for programs."""
    checkpoint = report.bundle.checkpoint
    erased = erasures_in(report)
    content: dict[str, Any] = {
        "verdict": report.verdict.name.lower(),
        "exit_code": int(report.verdict),
        "why": report.why_not_anchored,
        "kind": report.bundle.kind,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": to_base64(checkpoint.head),
        "pinned_size": report.pinned.size if report.pinned else None,
        "events_proven": report.tally.count,
        "disclosed": report.tally.disclosed,
        "erased": len(erased),
        "cosigners": [{"name": each.name, "time": each.timestamp} for each in report.cosigners],
        "witnessed": watched_as_json(report.known),
        "timestamps": stamps_as_json(report.stamps),
        "remarks": report.remarks,
        "limits": report.limits,
        "events": [
            {
                "index": event.index,
                "at_ms": event.at_ms,
                "core": event.core,
                "pii": event.pii,
                "erased_by": erased.get(event.index),
            }
            for event in islice(report.events(), most_events)
        ],
        **(more or {}),
    }
    return json.dumps(content, indent=2)


def refusal_as_json(verdict: Verdict, reason: str) -> str:
    """Return a refusal as one JSON object for programs."""
    content = {"verdict": verdict.name.lower(), "exit_code": int(verdict), "why": reason}
    return json.dumps(content, indent=2)


def event_in_words(event: Event, erased_by: int | None = None) -> str:
    """Return one line: place, time, what happened and who did it, as far as disclosed."""
    return f"  #{event.index}  {instant(event.at_ms)}  {_what(event)}; {_who(event, erased_by)}"


def erasures_in(report: Report) -> dict[int, int]:
    """Return erased index -> the entry that proves it, from the disclosed events: opened, and in the log."""
    found: dict[int, int] = {}
    for event in report.events():
        for index in indexes_erased_by(event.core):
            if index < event.index:
                found.setdefault(index, event.index)
    return found


def _erasures(report: Report) -> list[str]:
    erased = erasures_in(report)
    if not erased:
        return []
    disclosed = [event.index for event in report.events() if event.pii is not None and event.index in erased]
    by = ", ".join(str(each) for each in sorted(set(erased.values())))
    lines = [
        f"  Who did {len(erased)} events was erased, proven by entry {by}; that they happened still holds."
    ]
    if disclosed:
        lines.append(f"  NOT ERASED in this file, though the log says so: who did event {disclosed[0]}.")
    return lines


def instant(at_ms: int) -> str:
    """Return POSIX milliseconds as UTC in ISO 8601, or the bare number beyond the year 9999."""
    try:
        moment = _EPOCH + timedelta(milliseconds=at_ms)
    except OverflowError:
        return f"{at_ms} ms after 1970"
    return moment.isoformat(sep=" ", timespec="milliseconds").replace("+00:00", "Z")


def visible(text: str) -> str:
    """Return `text` with whatever could move a terminal's cursor written as an escape."""
    return "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text)


def _what(event: Event) -> str:
    if event.core is None:
        return "(what happened is not disclosed)"
    rest = dict(event.core)
    verb = next((str(rest.pop(name)) for name in _VERB_FIRST if name in rest), "(no action named)")
    return " ".join([visible(verb), *_fields(rest)])


def _who(event: Event, erased_by: int | None) -> str:
    if event.pii is None and erased_by is not None:
        return f"by someone erased, proven by entry {erased_by}"
    if event.pii is None:
        return "by someone not disclosed"
    return " ".join(["by", *_fields(event.pii)]) if event.pii else "by nobody in particular"


def _fields(content: dict[str, Any]) -> list[str]:
    return [f"{visible(name)}={_value(value)}" for name, value in content.items()]


def _value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return visible(text)


def _extent(report: Report) -> str:
    tally = report.tally
    if tally.first_ms is None or tally.last_ms is None:
        return "It holds no event."
    since = f"from {instant(tally.first_ms)} to {instant(tally.last_ms)}"
    if report.bundle.kind is BundleKind.WHOLE_LOG:
        return f"All {tally.count} events are here, {since}; every leaf, tile and root was computed again."
    return f"{tally.count} events are in that log, {since}; each has its own proof."


def _disclosed(report: Report) -> str:
    core, pii = report.tally.disclosed[Half.CORE], report.tally.disclosed[Half.PII]
    return f"What happened is disclosed for {core} of them, who did it for {pii}; each is what was logged."


def _cosigner(name: str, timestamp: int | None) -> str:
    return visible(name) if timestamp is None else f"{visible(name)} at {instant(timestamp * 1000)}"


def _events(report: Report, most: int) -> list[str]:
    erased = erasures_in(report)
    shown = [event_in_words(event, erased.get(event.index)) for event in islice(report.events(), most + 1)]
    if not shown:
        return []
    more = ["  … and more; see --events"] if len(shown) > most else []
    return ["", "Disclosed events:", *shown[:most], *more]


def watched_in_words(known: Known | None, *, now: float | None = None) -> list[str]:
    """Return lines for a person: who cosigned, up to which event, when, and how long ago that is."""
    if known is None:
        return []
    since = time.time() if now is None else now
    return [
        f"  Witnesses know the first {known.checkpoint.size} events:",
        *(
            f"    {visible(each.name)} cosigned at {instant((each.timestamp or 0) * 1000)},"
            f" {_age(since - (each.timestamp or 0))}."
            for each in known.cosigners
        ),
    ]


def watched_as_json(known: Known | None) -> Mapping[str, Any] | None:
    """Return the same for programs."""
    if known is None:
        return None
    cosigners = [{"name": each.name, "time": each.timestamp} for each in known.cosigners]
    return {"size": known.checkpoint.size, "cosigners": cosigners}


def _age(seconds: float) -> str:
    if seconds < -MINUTE:
        return "which is in the future by this machine's clock"
    for length, word in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {word}{'' if count == 1 else 's'} ago"
    return "less than a minute ago"
