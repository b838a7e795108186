"""What a bundle is to hold, settled before its first event is written, so that it can be made in steps. Pure."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.errors import Malformed
from audit.manifest import BundleKind
from audit.stamped import Stamped
from audit.watched import Watched


@dataclass(frozen=True, slots=True)
class BundlePlan:
    """Which events, under which checkpoint; `since` and `consistency` show growth from an older one.

    `size` is how many events the checkpoint covers. `indexes` ascend; of a whole log they are a range from 0.
    """

    kind: BundleKind
    policy: str
    checkpoint: bytes = field(repr=False)
    size: int
    indexes: Sequence[int] = field(repr=False)
    since: bytes | None = field(default=None, repr=False)
    since_size: int = 0
    consistency: tuple[bytes, ...] = field(default=(), repr=False)
    watched: Watched | None = field(default=None, repr=False)
    stamped: tuple[Stamped, ...] = field(default=(), repr=False)

    def to_bytes(self) -> bytes:
        """Return it as JSON, to be kept between two steps."""
        body: dict[str, Any] = {
            "kind": self.kind.value,
            "policy": self.policy,
            "checkpoint": _text(self.checkpoint),
            "size": self.size,
            "since": None if self.since is None else _text(self.since),
            "since_size": self.since_size,
            "consistency": [_text(each) for each in self.consistency],
            "watched": self.watched and [_text(self.watched.proof), _text(self.watched.growth)],
            "stamped": [[_text(each.proof), _text(each.growth), _text(each.token)] for each in self.stamped],
        }
        if isinstance(self.indexes, range):
            body["range"] = [self.indexes.start, self.indexes.stop]
        else:
            body["indexes"] = list(self.indexes)
        return json.dumps(body).encode()

    @classmethod
    def parse(cls, encoded: bytes) -> "BundlePlan":
        """Read what `to_bytes` wrote. Raises `Malformed` for anything else."""
        try:
            body = json.loads(encoded)
            watched = body["watched"]
            return cls(
                kind=BundleKind(body["kind"]),
                policy=body["policy"],
                checkpoint=_bytes(body["checkpoint"]),
                size=body["size"],
                indexes=range(*body["range"]) if "range" in body else tuple(body["indexes"]),
                since=None if body["since"] is None else _bytes(body["since"]),
                since_size=body["since_size"],
                consistency=tuple(_bytes(each) for each in body["consistency"]),
                watched=Watched(_bytes(watched[0]), _bytes(watched[1])) if watched else None,
                # None in a plan that was settled before bundles brought any.
                stamped=tuple(Stamped(*map(_bytes, each)) for each in body.get("stamped", ())),
            )
        except (ValueError, KeyError, TypeError) as reason:
            raise Malformed("these are not the bytes of a plan") from reason


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
