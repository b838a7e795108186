"""The accessibility checker axe-core: fetched once by npm, without its install scripts."""

import subprocess

import pytest

VERSION = "4.14.1"


def axe_source(config: pytest.Config) -> str:
    """Return the source of axe-core, kept in the run's cache; where it cannot be had, the test is skipped."""
    assert config.cache is not None
    folder = config.cache.mkdir("axe")
    source = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund"]
        command = ["npm", "install", *quiet, "--prefix", str(folder), f"axe-core@{VERSION}"]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        except (OSError, subprocess.SubprocessError) as trouble:
            pytest.skip(f"axe-core cannot be had here: {trouble}")
    return source.read_text()
