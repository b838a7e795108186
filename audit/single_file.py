"""Builds the verifier as one file, from the modules themselves, the same bytes from the same sources.

The file holds each module's text as it is, in order of name, so that whoever reads it reads what the platform
runs; a finder of a few lines hands the texts to Python. It needs `cryptography` and nothing else.
"""

import ast
import hashlib
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAIN = "audit.verify.__main__"
NAME = "ringfence_verify.py"
FOREIGN = frozenset({"cryptography"})
QUOTES = "'''"

_HEAD = '''#!/usr/bin/env python3
"""Ringfence's offline verifier in one file: `python {name} BUNDLE --pin PIN`; `--help` says more.

Made from {count} modules; SHA-256 over them {digest}.
Needs Python 3.11 or newer and the package `cryptography`. It opens no connection.
"""

import importlib.abc
import importlib.util
import sys

SOURCES = {{
'''

_TAIL = '''}


class _Texts(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of this file, before any that are installed."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in SOURCES:
            return None
        inner = any(name.startswith(fullname + ".") for name in SOURCES)
        return importlib.util.spec_from_loader(fullname, self, is_package=inner)

    def exec_module(self, module):
        exec(compile(SOURCES[module.__name__], f"<{module.__name__}>", "exec"), module.__dict__)


if __name__ == "__main__":
    sys.meta_path.insert(0, _Texts())
    from audit.verify.__main__ import main

    sys.exit(main())
'''


class NotAlone(Exception):
    """A module of the verifier imports something that a customer's machine does not have."""


@cache
def single_file() -> bytes:
    """Return the file. Raises `NotAlone`."""
    sources = _closure()
    digest = hashlib.sha256("".join(f"{name}\n{text}" for name, text in sources.items()).encode()).hexdigest()
    head = _HEAD.format(name=NAME, count=len(sources), digest=digest)
    return (head + "".join(_written(name, text) for name, text in sources.items()) + _TAIL).encode()


def _closure() -> dict[str, str]:
    """Return the text of each module that the verifier imports, directly or not, by name, in order."""
    found: dict[str, str] = {}
    waiting = [MAIN]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = _path_of(name).read_text(encoding="utf-8")
        parts = name.split(".")
        waiting += [".".join(parts[:length]) for length in range(1, len(parts))]
        waiting += _imports(name, found[name])
    return dict(sorted(found.items()))


def _imports(name: str, text: str) -> list[str]:
    ours: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            wanted = [node.module or ""]
            # `from audit import leaf` names a module, `from audit.leaf import parse` does not.
            wanted += [
                f"{node.module}.{each.name}"
                for each in node.names
                if _path_of(f"{node.module}.{each.name}").exists()
            ]
        elif isinstance(node, ast.Import):
            wanted = [each.name for each in node.names]
        else:
            continue
        for module in wanted:
            top = module.partition(".")[0]
            if top == "audit":
                ours.append(module)
            elif top not in sys.stdlib_module_names and top not in FOREIGN:
                raise NotAlone(f"{name} imports {module}")
    return ours


def _path_of(name: str) -> Path:
    path = ROOT.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_name(f"{path.name}.py")


def _written(name: str, text: str) -> str:
    # A raw text keeps every byte, unless it holds the quotes or ends in what would hide them.
    if QUOTES in text or text.endswith(("\\", "'")):
        raise NotAlone(f"{name} cannot be written between {QUOTES}")
    return f"    {name!r}: r{QUOTES}{text}{QUOTES},\n"
