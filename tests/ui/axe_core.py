"""The accessibility checker axe-core: fetched once by npm, without its install scripts."""

import subprocess
from typing import Any

import pytest
from playwright.sync_api import Page

VERSION = "4.14.1"
RUN = """([inside, only]) => axe.run(inside ? document.querySelector(inside) : document, only ? { runOnly: only } : {})
  .then(({ violations }) => violations.map(({ id, nodes }) =>
    [id, nodes.slice(0, 5).map(({ html, failureSummary }) => html.slice(0, 200) + failureSummary)]))"""


_missing: list[str] = []


def axe_source(config: pytest.Config) -> str:
    """Return the source of axe-core, kept in the run's cache; where it cannot be had, the test is skipped.

    A process asks once: without a registry in reach, each page would wait a minute for it.
    """
    assert config.cache is not None
    if _missing:
        pytest.skip(_missing[0])
    folder = config.cache.mkdir("axe")
    source = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund"]
        command = ["npm", "install", *quiet, "--prefix", str(folder), f"axe-core@{VERSION}"]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        except (OSError, subprocess.SubprocessError) as trouble:
            _missing.append(f"axe-core cannot be had here: {trouble}")
            pytest.skip(_missing[0])
    return source.read_text()


def axe_findings(
    config: pytest.Config, page: Page, *, inside: str = "", only: list[str] | None = None
) -> list[Any]:
    """Return what axe finds, as (rule, elements): by every rule in the light theme, of contrast in the dark.

    Themes change colours and nothing else, so one page serves both; loading axe takes longer than a run.
    The page must be without transitions (`reduced_motion`), or a colour is measured on its way.

    :param inside: a selector of the only part that is looked at.
    :param only: tags of axe's rules, in place of all rules.
    """
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.evaluate(axe_source(config))
    light = page.evaluate(RUN, [inside, only])
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return [*light, *page.evaluate(RUN, [inside, {"type": "rule", "values": ["color-contrast"]}])]
