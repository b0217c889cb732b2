"""What stands between a request and moto: a handler answers one operation, alone or around moto's own answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.wire import Call, Response

Answer = dict[str, Any]
Ask = Callable[[], Answer]
"""Returns the answer of whatever lies below, in the end moto's; raises Passed where that is an error."""
Handle = Callable[["Account", "Call", Ask], Answer]
"""Returns the answer, with boto3's keys; raises Refusal for an error of AWS's."""


class Passed(Exception):  # noqa: N818 - an answer on its way out, not a mistake
    """An answer of moto's that is no success, or not of the modelled form: it goes out as it is."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"moto answered {response.status}")
        self.response = response


@dataclass(frozen=True, slots=True)
class Handler:
    """A handler and the operation it is for, by botocore's names."""

    service: str
    operation: str
    handle: Handle


def chained(handlers: Sequence[Handler]) -> dict[tuple[str, str], tuple[Handle, ...]]:
    """Return the handlers of each operation; the first of them stands outermost."""
    chains: dict[tuple[str, str], tuple[Handle, ...]] = {}
    for each in handlers:
        key = (each.service, each.operation)
        chains[key] = (*chains.get(key, ()), each.handle)
    return chains


def answered(chain: Sequence[Handle], account: Account, call: Call, ask: Ask) -> Answer:
    """Return the answer of the chain's first handler around the rest of them, around `ask`."""
    if not chain:
        return ask()
    return chain[0](account, call, lambda: answered(chain[1:], account, call, ask))
