"""The edge to the network: how runbooks read AWS and the public web, bounded, strict, counted, and never writing."""

from runbooks.gateway.answers import Answer
from runbooks.gateway.endpoint import Endpoint, locate
from runbooks.gateway.identity import Identity, identify
from runbooks.gateway.reader import Reader, open_reader

__all__ = ["Answer", "Endpoint", "Identity", "Reader", "identify", "locate", "open_reader"]
