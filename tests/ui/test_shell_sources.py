"""What pages are made of: no inline code or style, no address elsewhere, readable colours, headers."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from ringfence.web.drawing import EDGE, HEIGHT, line_points, share
from ringfence.web.states import STATES

REPO = Path(__file__).parents[2]
WEB = REPO / "platform" / "ringfence" / "web"
STATIC = WEB / "static" / "ringfence"
ROOMS = [REPO / room for room in ("platform", "tenants", "annotation", "audit")]
TEMPLATES = sorted(path for room in ROOMS for path in room.rglob("templates/**/*.html"))
# What is built is read as source by the workspace's own lint (annotation/ui/floors.mjs) and below as bundles.
BUILT = REPO / "annotation" / "static" / "ui"
SCRIPTS = sorted(
    path for room in ROOMS for path in room.rglob("static/**/*.js") if not path.is_relative_to(BUILT)
)
SHEETS = sorted(STATIC.glob("*.css"))

IN_TEMPLATES = [
    r"\sstyle\s*=",
    r"<style",
    r"\son[a-z]+\s*=\s*[\"']",
    r"javascript:",
    r"<script(?![^>]*\ssrc=)",
    r"(?:src|href)=\"https?:",
]
IN_SCRIPTS = [
    r"innerHTML",
    r"outerHTML",
    r"insertAdjacentHTML",
    r"document\.write",
    r"\beval\(",
    r"new Function",
    r"https?://",
    r"\.style\b",
    r"DOMParser",
]
COLOUR = re.compile(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_code_and_no_style(path: Path) -> None:
    text = path.read_text()
    assert [rule for rule in IN_TEMPLATES if re.search(rule, text, re.IGNORECASE)] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_make_no_markup_and_call_nobody_else(path: Path) -> None:
    text = path.read_text()
    assert [rule for rule in IN_SCRIPTS if re.search(rule, text)] == []


def test_the_style_sheets_stay_small_and_in_their_layers() -> None:
    assert sum(len(sheet.read_text().splitlines()) for sheet in SHEETS) < 450
    for sheet in SHEETS:
        text = sheet.read_text()
        assert f"@layer {sheet.stem} {{" in text
        assert "url(" not in text
        if sheet.stem != "tokens":
            assert re.findall(r"#[0-9a-f]{3,8}\b", text) == []


def test_every_icon_that_is_named_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    named = {name for path in TEMPLATES for name in re.findall(r'{% icon "([\w-]+)" %}', path.read_text())}
    named |= {f"tone-{tone}" for tone, _ in STATES.values()} | {"tone-info"}
    assert named <= drawn


def tokens() -> dict[str, tuple[str, str]]:
    """Return each colour token as (light, dark)."""
    text = (STATIC / "tokens.css").read_text()
    return {name: (light, dark) for name, light, dark in COLOUR.findall(text)}


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours as WCAG 2.2 defines it, between 1 and 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXT_ON = {
    "ink": ["bg", "surface", "surface-2", "accent-soft", "ok-soft", "warn-soft", "bad-soft"],
    "ink-2": ["bg", "surface", "surface-2", "accent-soft"],
    "ink-3": ["bg", "surface", "surface-2"],
    "accent": ["bg", "surface", "surface-2", "accent-soft", "bad-soft"],
    "on-accent": ["accent"],
    "ok": ["bg", "surface", "ok-soft"],
    "warn": ["bg", "surface", "warn-soft"],
    "bad": ["bg", "surface", "bad-soft"],
}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_and_edges_be_seen(theme: int) -> None:
    colour = {name: pair[theme] for name, pair in tokens().items()}
    faint = {
        f"{text} on {ground}": round(contrast(colour[text], colour[ground]), 2)
        for text, grounds in TEXT_ON.items()
        for ground in grounds
        if contrast(colour[text], colour[ground]) < 4.5
    }
    faint |= {
        f"{edge} beside {ground}": round(contrast(colour[edge], colour[ground]), 2)
        for edge in ("line-strong", "accent")
        for ground in ("bg", "surface")
        if contrast(colour[edge], colour[ground]) < 3
    }
    assert faint == {}


def test_the_contrast_rule_can_fail() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") > 4.5 > contrast("#777777", "#ffffff")


def test_lines_span_the_width_and_stay_inside() -> None:
    points = line_points([0, 5, 10])
    assert [x for x, _ in points] == [0, 50, 100]
    assert points[0][1] == HEIGHT - EDGE
    assert points[2][1] == EDGE
    assert line_points([]) == []
    assert line_points([0, 0]) == [(0, HEIGHT - EDGE), (100, HEIGHT - EDGE)]


def test_a_share_never_leaves_its_bar() -> None:
    assert [share(*pair) for pair in ((1, 4), (9, 4), (-1, 4), (1, 0))] == [25, 100, 0, 0]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The shell's own site; no browser needed."""
    command = [sys.executable, str(REPO / "tests" / "ui" / "shell_site.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def get(address: str) -> tuple[dict[str, str], str]:
    """Return the headers and the text of an answer, whatever its status."""
    try:
        with urlopen(address) as answer:  # noqa: S310 - our own loopback address
            return dict(answer.headers), answer.read().decode()
    except HTTPError as refused:
        with refused:
            return dict(refused.headers), refused.read().decode()


@pytest.mark.parametrize("path", ["styleguide", "error/500", "styleguide/progress", "no-such-page"])
def test_every_answer_carries_the_headers(site: str, path: str) -> None:
    headers, _ = get(f"{site}/{path}")
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types dompurify" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_view_can_tighten_the_policy_and_loosen_nothing(site: str) -> None:
    headers, _ = get(f"{site}/download")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert headers["Content-Security-Policy"].endswith(", sandbox")
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Referrer-Policy"] == "same-origin"


def test_absent_and_foreign_look_alike(site: str) -> None:
    def without_token(text: str) -> str:
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)

    absent = without_token(get(f"{site}/error/404")[1])
    foreign = without_token(get(f"{site}/error/404?message=belongs+to+Acme")[1])
    assert absent == foreign
    assert "belongs to Acme" in get(f"{site}/error/409?message=belongs+to+Acme")[1]


def test_every_control_of_the_style_guide_has_a_label(site: str) -> None:
    _, page = get(f"{site}/styleguide")
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
    bare = re.sub(r"<label\b.*?</label>", "", page, flags=re.DOTALL)
    controls = re.findall(r"<(?:input|select|textarea)\b[^>]*>", bare)
    unnamed = [
        control
        for control in controls
        if 'type="hidden"' not in control and not (set(re.findall(r' id="([^"]+)"', control)) & labelled)
    ]
    assert controls
    assert unnamed == []
