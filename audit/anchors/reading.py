"""The bucket as the signer asks it: with a key that reads, and without much patience."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from audit.anchors.bucket import BucketTrouble, Patience, Place, connect
from audit.anchors.rebuild import has_any, newest_in
from audit.notes import Vkey
from audit.signer.errors import SignerTrouble
from audit.signer.promises import Answer, Promise
from audit.signer.store import SignedHead

IMPATIENT = Patience(connect_seconds=2, read_seconds=5, retries=0)


@dataclass(slots=True)
class BucketReader:
    """Answers what stands in the bucket of one log."""

    place: Place
    _client: Any = field(default=None, repr=False)

    def ask(self, log_id: UUID, origin: str, vkey: str) -> Answer:
        """Return the log's newest checkpoint under its key. Raises `SignerTrouble` where the bucket does not say."""
        try:
            if self._client is None:
                self._client = connect(self.place, IMPATIENT)
            found = newest_in(self._client, self.place, log_id=log_id, origin=origin, vkey=Vkey.parse(vkey))
            if found is None:
                return Answer(None, others=has_any(self._client, self.place, log_id))
        except BucketTrouble as trouble:
            raise SignerTrouble(str(trouble)) from trouble
        return Answer(Promise(SignedHead(found.size, found.root), found.note))
