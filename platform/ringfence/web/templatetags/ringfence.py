"""Tags of the design system: `{% load ringfence %}`. Each draws one part of the style guide."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

from ringfence.web.drawing import HEIGHT, WIDTH, line_points, share
from ringfence.web.states import badge_of

register = template.Library()

Words = str | Promise


@register.inclusion_tag("ringfence/parts/icon.html")
def icon(name: str) -> dict[str, Any]:
    """Draw a symbol of `icons.svg`; it is decoration and stands beside words."""
    return {"name": name}


@register.inclusion_tag("ringfence/parts/badge.html")
def badge(state: str, text: Words = "", poll: str = "") -> dict[str, Any]:
    """Show a state by icon, word and tone; `poll` names it for live progress."""
    return {**badge_of(str(state), str(text)), "poll": poll}


@register.inclusion_tag("ringfence/parts/progress.html")
def progress(value: float, most: float, label: Words, poll: str = "", poll_max: str = "") -> dict[str, Any]:
    """Show `value` of `most` (same unit, 0 when unknown) under `label`."""
    return {
        "value": value or 0,
        "most": most or 1,
        "total": most or 0,
        "label": label,
        "poll": poll,
        "poll_max": poll_max,
    }


@register.inclusion_tag("ringfence/parts/stat.html")
def stat(
    label: Words, value: object, note: Words = "", values: Sequence[float] = (), poll: str = ""
) -> dict[str, Any]:
    """Show one number inside `<dl class="stats">`; `values` is its course over time, oldest first."""
    return {"label": label, "value": value, "note": note, "values": values, "poll": poll}


@register.inclusion_tag("ringfence/parts/sparkline.html")
def sparkline(values: Iterable[float], label: Words = "") -> dict[str, Any]:
    """Draw `values`, oldest first, as a line; without `label` it is decoration."""
    points = line_points([float(value) for value in values])
    line = " ".join(f"{x},{y}" for x, y in points)
    area = f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}" if points else ""
    return {"line": line, "area": area, "label": label, "width": WIDTH, "height": HEIGHT}


@register.inclusion_tag("ringfence/parts/bar_chart.html")
def bar_chart(rows: Iterable[Sequence[Any]], caption: Words = "", most: float = 0) -> dict[str, Any]:
    """Draw rows of (label, value) or (label, value, words), with bars against `most` or the largest."""
    listed = [(row[0], row[1], row[2] if len(row) > 2 else row[1]) for row in rows]
    top = most or max((value for _, value, _ in listed), default=0)
    return {"rows": [(label, share(value, top), words) for label, value, words in listed], "caption": caption}


@register.inclusion_tag("ringfence/parts/field.html")
def field(bound: BoundField, optional: bool = True) -> dict[str, Any]:
    """Draw one form field with label, help and inline errors, tied together for assistive technology."""
    widget = bound.field.widget
    options = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    described = [part for part, there in (("help", bound.help_text), ("error", bound.errors)) if there]
    attrs: dict[str, str | bool] = {}
    if described:
        attrs["aria-describedby"] = " ".join(f"{bound.auto_id}_{part}" for part in described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return {
        "bound": bound,
        "control": bound.as_widget(attrs=attrs),
        "options": options,
        "tick": isinstance(widget, CheckboxInput),
        "described": attrs.get("aria-describedby", ""),
        "say_optional": optional and not bound.field.required and not isinstance(widget, CheckboxInput),
    }


@register.inclusion_tag("ringfence/parts/form_errors.html")
def form_errors(form: Any) -> dict[str, Any]:
    """List what is wrong with a submitted form, above it, each line leading to its field."""
    return {"form": form, "fields": [bound for bound in form if bound.errors]}


@register.inclusion_tag("ringfence/parts/choices.html")
def choices(
    name: str, options: Iterable[Sequence[Any]], legend: Words, chosen: object = "", required: bool = True
) -> dict[str, Any]:
    """Offer `options` of (value, label) as large buttons with the digits 1 to 9, then 0, as keys."""
    keyed = [
        {"value": row[0], "label": row[1], "key": str((place + 1) % 10) if place < 10 else ""}
        for place, row in enumerate(options)
    ]
    return {"name": name, "options": keyed, "legend": legend, "chosen": str(chosen), "required": required}


@register.simple_tag
def when(moment: datetime | date | None, form: str = "full") -> SafeString | str:
    """Write a moment in UTC; the browser shows it in the viewer's zone. `form`: full, day or ago."""
    if moment is None:
        return "–"
    if not isinstance(moment, datetime):
        return format_html('<time datetime="{}">{}</time>', moment.isoformat(), f"{moment:%d %b %Y}")
    utc = (timezone.make_aware(moment, UTC) if timezone.is_naive(moment) else moment).astimezone(UTC)
    words = f"{utc:%d %b %Y}" if form == "day" else f"{utc:%d %b %Y, %H:%M} UTC"
    stamp = utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return format_html('<time datetime="{}" data-when="{}">{}</time>', stamp, form, words)


@register.inclusion_tag("ringfence/parts/empty.html")
def empty(title: Words, text: Words, action: Words = "", url: str = "", icon: str = "info") -> dict[str, Any]:
    """Say that nothing is here, why, and what to do first."""
    return {"title": title, "text": text, "action": action, "url": url, "icon": icon}


@register.inclusion_tag("ringfence/parts/alert.html")
def alert(tone: str, text: Words, title: Words = "") -> dict[str, Any]:
    """Show a message in the page. `tone`: ok, warn, bad or info."""
    return {"tone": tone, "text": text, "title": title}


@register.inclusion_tag("ringfence/parts/secret.html")
def secret(value: str, label: Words, note: Words = "") -> dict[str, Any]:
    """Show a secret once, with a copy button."""
    return {"value": value, "label": label, "note": note, "id": f"secret-{slugify(str(label))}"}


@register.inclusion_tag("ringfence/parts/copy.html")
def copy(target: str, label: Words = "") -> dict[str, Any]:
    """A button that copies the text of the element with the id `target`."""
    return {"target": target, "label": label}


@register.inclusion_tag("ringfence/parts/steps.html")
def steps(names: Iterable[Words], current: int) -> dict[str, Any]:
    """Show where we are in a sequence; `current` counts from 1, past the last when all are done."""
    return {"steps": [(name, place < current, place == current) for place, name in enumerate(names, start=1)]}


@register.inclusion_tag("ringfence/parts/crumbs.html")
def crumbs(*parts: Words) -> dict[str, Any]:
    """The way here: label, url, label, url, …, and last the label of this page."""
    return {"links": list(zip(parts[:-1:2], parts[1::2], strict=True)), "here": parts[-1] if parts else ""}


@register.inclusion_tag("ringfence/parts/pager.html")
def pager(text: Words, previous: str = "", following: str = "") -> dict[str, Any]:
    """Say which part of a list this is (`text`) and lead to its neighbours (urls, empty at the ends)."""
    return {"text": text, "previous": previous, "following": following}
