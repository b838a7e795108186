"""Opened tenant keys of this process, and how long each may live.

A key lives while probes succeed, at most 30 s after the last success, and ends at once on a refusal.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from ringfence.crypto.errors import KeyRefused, KeyServiceDown
from ringfence.kernel.errors import Dark
from tenants.keys.service import key_service
from tenants.keys.unwrapping import unwrap

LIFE_SECONDS = 30.0
PROBE_SECONDS = 5.0
IDLE_SECONDS = 60.0
DATA_KEYS_AT_MOST = 10_000


@dataclass(slots=True)
class CustomerKey:
    """What this process knows about one key in the key service, and everything opened under it."""

    key_ref: str
    tenant_id: UUID
    good_until: float = 0.0
    used_at: float = 0.0
    refused: bool = False
    tenant_keys: dict[UUID, bytes] = field(default_factory=dict, repr=False)
    data_keys: dict[UUID, bytes] = field(default_factory=dict, repr=False)


class Vault:
    """Opened keys by tenant. Never shared between tenants; emptied, not only refused, when a key goes dark."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._customers: dict[tuple[UUID, str], CustomerKey] = {}
        self._prober: threading.Thread | None = None

    def tenant_key(
        self, tenant_id: UUID, *, key_id: UUID, key_ref: str, wrapped: bytes, context: Mapping[str, str]
    ) -> bytes:
        """Return one opened tenant key, asking the key service when it is not open. Raises `Dark`."""
        customer = self._customer(tenant_id, key_ref)
        key = customer.tenant_keys.get(key_id) if self._alive(customer) else None
        if key is None:
            try:
                key = unwrap(key_ref, wrapped, context=context)
            except KeyRefused as refusal:
                self._end(customer)
                raise Dark(refused=True) from refusal
            except KeyServiceDown as outage:
                raise Dark(refused=False) from outage
            with self._lock:
                self._extend(customer)
                customer.tenant_keys[key_id] = key
            self._watch()
        customer.used_at = self._clock()
        return key

    def data_key(self, tenant_id: UUID, key_ref: str, key_id: UUID) -> bytes | None:
        """Return an opened data key while its customer key lives, else None."""
        customer = self._customer(tenant_id, key_ref)
        if not self._alive(customer):
            return None
        customer.used_at = self._clock()
        return customer.data_keys.get(key_id)

    def keep_data_key(self, tenant_id: UUID, key_ref: str, key_id: UUID, key: bytes) -> None:
        """Keep an opened data key for as long as its customer key lives."""
        customer = self._customer(tenant_id, key_ref)
        with self._lock:
            if len(customer.data_keys) >= DATA_KEYS_AT_MOST:
                customer.data_keys.clear()
            customer.data_keys[key_id] = key

    def forget_data_key(self, tenant_id: UUID, key_id: UUID) -> None:
        """Drop a data key that was shredded."""
        with self._lock:
            for (tenant, _), customer in self._customers.items():
                if tenant == tenant_id:
                    customer.data_keys.pop(key_id, None)

    def forget_tenant(self, tenant_id: UUID) -> None:
        """Drop everything of a tenant whose keys were destroyed."""
        with self._lock:
            gone = [customer for (tenant, _), customer in self._customers.items() if tenant == tenant_id]
        for customer in gone:
            self._end(customer)

    def check(self, tenant_id: UUID, key_ref: str) -> None:
        """Return while the customer key lives; ask the key service when that is unknown. Raises `Dark`."""
        customer = self._customer(tenant_id, key_ref)
        if self._alive(customer):
            return
        self._probe(customer)
        if customer.refused or not self._alive(customer):
            raise Dark(refused=customer.refused)

    def probe_all(self) -> None:
        """Probe each key in use once. The background thread calls it every 5 s."""
        now = self._clock()
        with self._lock:
            in_use = [c for c in self._customers.values() if c.tenant_keys and now - c.used_at < IDLE_SECONDS]
            idle = [c for c in self._customers.values() if now >= c.good_until]
        for customer in in_use:
            self._probe(customer)
        for customer in idle:
            if not self._alive(customer):
                self._empty(customer)

    def _probe(self, customer: CustomerKey) -> None:
        try:
            key_service().probe(customer.key_ref)
        except KeyRefused:
            self._end(customer)
        except KeyServiceDown:
            if not self._alive(customer):
                self._empty(customer)
        else:
            with self._lock:
                self._extend(customer)

    def _customer(self, tenant_id: UUID, key_ref: str) -> CustomerKey:
        known = self._customers.get((tenant_id, key_ref))
        if known is not None:
            return known
        with self._lock:
            return self._customers.setdefault((tenant_id, key_ref), CustomerKey(key_ref, tenant_id))

    def _alive(self, customer: CustomerKey) -> bool:
        return self._clock() < customer.good_until

    def _extend(self, customer: CustomerKey) -> None:
        customer.good_until = self._clock() + LIFE_SECONDS
        customer.refused = False

    def _end(self, customer: CustomerKey) -> None:
        with self._lock:
            customer.refused = True
            customer.good_until = 0.0
        self._empty(customer)

    def _empty(self, customer: CustomerKey) -> None:
        with self._lock:
            customer.tenant_keys.clear()
            customer.data_keys.clear()

    def _watch(self) -> None:
        with self._lock:
            if self._prober is None or not self._prober.is_alive():
                self._prober = threading.Thread(target=self._probe_forever, name="key-prober", daemon=True)
                self._prober.start()

    def _probe_forever(self) -> None:
        while True:
            time.sleep(PROBE_SECONDS)
            self.probe_all()


vault = Vault()
