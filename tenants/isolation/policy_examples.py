"""Example requests of the policy's pages: keys, versions, plans and the way back from a lost key."""

from typing import Any

from ringfence.kernel.registry import CanaryRows, ExampleRequest, example_request_for
from tenants.gate.canaries import OFFERS

SIGNATURE = {"key": "00" * 32, "signature": "00" * 64}
"""Of nobody: refused, whoever brings it."""


def _example(route: str, method: str, body: dict[str, Any] | None = None, **arguments: str) -> None:
    """Register a route; `arguments` name, by path argument, the offered row or its literal value."""

    def make(rows: CanaryRows) -> ExampleRequest:
        kwargs: dict[str, Any] = {}
        for name, offer in arguments.items():
            row: Any = rows[OFFERS[offer]] if offer in OFFERS else offer
            kwargs[name] = row if row is offer else row.version if name == "version" else row.pk
        return ExampleRequest(method, kwargs=kwargs, body=dict(body or {}))

    example_request_for(route)(make)


for _route in ("policy", "edit", "keys", "command", "plans"):
    _example(f"policy:{_route}", "GET")
_example("policy:edit", "POST", {"do": "search", "search": "canary"})
_example("policy:keys", "POST", SIGNATURE)
_example("policy:plans", "POST", {"purpose": "Canary"})
for _route in ("version", "file", "trial"):
    _example(f"policy:{_route}", "GET", version="policy_id")
for _route in ("propose", "withdraw"):
    _example(f"policy:{_route}", "POST", version="policy_id")
_example("policy:sign", "POST", SIGNATURE, version="policy_id")
_example("policy:key-endorse", "POST", SIGNATURE, key_id="key_id")
_example("policy:key-end", "POST", key_id="key_id")
_example("policy:key-recover", "POST", key_id="key_id")
_example("policy:recovery", "POST", recovery_id="recovery_id", step="approve")
for _route in ("plan", "plan-file"):
    _example(f"policy:{_route}", "GET", plan_id="plan_id")
_example("policy:plan-sign", "POST", SIGNATURE, plan_id="plan_id")
_example("policy:plan-end", "POST", plan_id="plan_id")
