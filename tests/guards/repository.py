"""The repository as guards read it: its rooms, its files, its names."""

from collections.abc import Iterator
from pathlib import Path

REPO = Path(__file__).parent.parent.parent
DOCS = REPO / "platform" / "docs"
ROOMS = {name: REPO / "platform" / name if name == "ringfence" else REPO / name
         for name in ("ringfence", "tenants", "annotation", "audit")}  # fmt: skip
BUILT = (REPO / "annotation" / "static" / "ui", REPO / "audit" / "built")
TOP_LEVEL = {
    "manage.py", "pyproject.toml", "README.md", "SECURITY.md", "LICENSE", "Makefile", ".ci", ".gitignore",
    "platform", "tenants", "annotation", "audit", "tests", "deploy",
}  # fmt: skip


def tree() -> Iterator[Path]:
    """Yield every file that is ours, tracked or about to be: nothing that was installed or built."""
    for name in sorted(TOP_LEVEL):
        root = REPO / name
        for path in [root] if root.is_file() else root.rglob("*"):
            hidden = any(
                part in {"__pycache__", "node_modules"} or part.endswith(".egg-info") for part in path.parts
            ) or any(path.is_relative_to(built) for built in BUILT)
            if path.is_file() and path.suffix != ".pyc" and not hidden:
                yield path


def modules() -> list[Path]:
    return [path for path in tree() if path.suffix == ".py"]


def named(path: Path) -> str:
    return str(path.relative_to(REPO))
