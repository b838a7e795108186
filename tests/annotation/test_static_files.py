"""How the workspace's files leave the server: compressed beforehand, kept for good; and pages: never compressed."""

import gzip

import pytest

from annotation.templatetags.ui import MANIFEST
from ringfence.kernel.permissions import Role
from tests.annotation.making import new_work
from tests.annotation.visiting import Visitor
from tests.world import Workspace

ASSETS = MANIFEST.parent / "assets"


@pytest.fixture
def visitor(acme: Workspace) -> Visitor:
    """A labeler."""
    return Visitor(acme.someone(Role.LABELER))


def scripts_and_sheets() -> list[str]:
    """Return the names of what was built."""
    if not MANIFEST.exists():
        pytest.skip("the workspace is not built (make ui)")
    return sorted(path.name for path in ASSETS.iterdir() if path.suffix in (".js", ".css"))


@pytest.mark.parametrize(("accepted", "sent"), [("gzip, br", "br"), ("gzip", "gzip"), ("identity", None)])
def test_every_built_file_is_sent_as_small_as_the_browser_takes_it(
    visitor: Visitor, accepted: str, sent: str | None
) -> None:
    names = scripts_and_sheets()
    assert len(names) > 8
    for name in names:
        answer = visitor.client.get(f"/static/ui/assets/{name}", headers={"accept-encoding": accepted})
        assert answer.status_code == 200
        content = (ASSETS / name).read_bytes()
        body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        # One that would not become smaller is sent as it is.
        assert answer.get("Content-Encoding") == sent or len(content) < 500, name
        assert "Accept-Encoding" in answer.get("Vary", "") or len(content) < 500
        assert "immutable" in answer["Cache-Control"]
        if answer.get("Content-Encoding") == "gzip":
            assert gzip.decompress(body) == content
        assert (len(body) < len(content)) == ("Content-Encoding" in answer)


def test_what_holds_secrets_is_never_compressed(visitor: Visitor, acme: Workspace) -> None:
    work = new_work(acme)
    work.assign(visitor.someone)
    visitor.client.defaults["HTTP_ACCEPT_ENCODING"] = "gzip, deflate, br, zstd"
    pages = ["projects", f"projects/{work.project_id}/label"]
    answers = [visitor.page(page) for page in pages] + [
        visitor.api("GET", f"projects/{work.project_id}/desk")
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer
        assert answer["Cache-Control"] == "private, no-store"
