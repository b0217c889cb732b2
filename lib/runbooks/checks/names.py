"""Accounts, addresses and programs as far as somebody on call needs them: nothing that a stranger typed is shown whole."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from runbooks.estate import Login

TAG = 6  # hex digits that tell two accounts apart
_EMAIL = re.compile(r"([a-z0-9])[a-z0-9._%+'-]{0,63}@([a-z0-9-]{1,40}(?:\.[a-z0-9-]{1,40}){1,4})")
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,30}/[0-9][0-9.]{0,12}")
_IDENTITY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|system")
_ACTION = re.compile(r"[A-Z][A-Z0-9_]{2,60}")
_PATH = re.compile(r"(?:/[a-z…-]{1,40}){1,6}")
_NUMBER = re.compile(r"/[^/]*\d[^/]*")
_PREFIX = {4: 24, 6: 48}


def account(email: str) -> str:
    """Return first letter, domain and a tag: the first six hex digits of SHA-256 of the address in lower case."""
    tag = hashlib.sha256(email.encode()).hexdigest()[:TAG]
    found = _EMAIL.fullmatch(email)
    return f"{found[1]}***@{found[2]} #{tag}" if found else f"no e-mail address #{tag}"


def person(identity: str) -> str:
    """Return the id of a user as it stands in the users table, where it is one: it names nobody to a stranger."""
    return identity if _IDENTITY.fullmatch(identity) else "nobody's id"


def action(word: str) -> str:
    """Return an action of the audit log, where it looks like one."""
    return word if _ACTION.fullmatch(word) else "an action by no name"


def path(asked: str) -> str:
    """Return a path of the API without ids and queries, where it is one."""
    plain = _NUMBER.sub("/…", asked.partition("?")[0])
    return plain if _PATH.fullmatch(plain) else "some path"


def program(agent: str) -> str:
    """Return the first product that a user agent names."""
    found = _PRODUCT.match(agent)
    return found[0] if found else "a program without a name"


def networks(addresses: Iterable[str], edge: tuple[str, ...]) -> str:
    """Return the networks of addresses, the most frequent first; those of the edge tell nothing of who is behind it."""
    seen = Counter(network(address, edge) for address in addresses)
    named = [f"{name} ({count})" for name, count in seen.most_common(3)]
    return ", ".join(named) + (f" and {len(seen) - 3} more" if len(seen) > len(named) else "")


@lru_cache(maxsize=4096)
def network(address: str, edge: tuple[str, ...]) -> str:
    """Return the network of an address, /24 or /48, or that it is one of the edge's."""
    try:
        found = ip_address(address.strip())
    except ValueError:
        return "no address"
    if any(found.version == each.version and found in each for each in _networks(edge)):
        return "the edge"
    return str(ip_network(f"{found}/{_PREFIX[found.version]}", strict=False))


def programs(logins: Iterable[Login]) -> str:
    """Return the programs of attempts, the most frequent first."""
    seen = Counter(program(login.agent) for login in logins)
    return ", ".join(f"{name} ({count})" for name, count in seen.most_common(3))


@lru_cache(maxsize=16)
def _networks(edge: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each) for each in edge)
