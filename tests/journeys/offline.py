"""A machine without the server: Python, `cryptography`, the verifier, and nothing else of ours or anybody's."""

import shutil
import subprocess
import sys
from importlib import util
from pathlib import Path

REPO = Path(__file__).parents[2]
# `cryptography` calls C through cffi, which is its one requirement.
NEEDED = ("cryptography", "cffi", "_cffi_backend")
OURS = (REPO / "audit", REPO / "platform/ringfence/crypto")
RUN = "import sys, runpy; sys.path[:] = [p for p in sys.path if 'site-packages' not in p] + [sys.argv.pop(1)]; {then}"
VERIFY = RUN.format(then="runpy.run_module('audit.verify', run_name='__main__')")
IMPORT = RUN.format(then="__import__(sys.argv[1])")


class BareMachine:
    """A folder with the verifier, and a Python that sees that folder and its own library alone."""

    def __init__(self, folder: Path) -> None:
        self._library = folder / "library"
        shutil.copytree(OURS[0], self._library / "audit", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(OURS[1], self._library / "ringfence/crypto")
        (self._library / "ringfence/__init__.py").touch()
        for name in NEEDED:
            found = util.find_spec(name)
            assert found is not None
            assert found.origin is not None
            origin = Path(found.origin)
            if found.submodule_search_locations:
                shutil.copytree(origin.parent, self._library / name)
            else:
                shutil.copy(origin, self._library)

    def _python(self, program: str, *words: object) -> subprocess.CompletedProcess[str]:
        # -I: no environment, no home. -S: no site-packages.
        return subprocess.run(
            [sys.executable, "-I", "-S", "-c", program, str(self._library), *map(str, words)],
            env={},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def can_import(self, name: str) -> bool:
        """Tell whether a package is there."""
        return self._python(IMPORT, name).returncode == 0

    def verify(self, bundle: Path, pin: Path | None = None) -> tuple[int, str]:
        """Run `python -m audit.verify`; return its exit code and words."""
        return self._verify(bundle, pin)

    def verify_attestation(self, file: Path, pin: Path | None = None) -> tuple[int, str]:
        """Run `python -m audit.verify attestation`; return its exit code and words."""
        return self._verify("attestation", file, pin)

    def _verify(self, *words: object) -> tuple[int, str]:
        *files, pin = words
        done = self._python(VERIFY, *files, *(["--pin", pin] if pin else []))
        return done.returncode, done.stdout + done.stderr
