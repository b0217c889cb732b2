"""Refuse an answer with status 200 that is not an AWS answer.

botocore turns a truncated, empty or HTML body into `{}` without an error, which every check would read as "nothing there".
"""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

from runbooks.errors import Unreadable
from runbooks.model import Blind, Reason

_JSON = {"json", "rest-json"}
_XML = {"query", "ec2", "rest-xml"}


def refuse_rubbish(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """Raise Unreadable when a success holds no well-formed answer; a handler for botocore's `before-parse` event."""
    if response_dict["status_code"] >= 300 or operation_model.has_streaming_output:  # noqa: PLR2004 - HTTP's own border
        return
    shape = operation_model.output_shape
    if shape is None or not _body_members(shape):
        return
    model = operation_model.service_model
    problem = _problem(response_dict["body"], model.resolved_protocol)
    if problem:
        call = f"{model.service_name}:{operation_model.name}"
        raise Unreadable(Blind(call=call, reason=Reason.NOT_AN_ANSWER, detail=f"the reply with status 200 {problem}"))


def _body_members(shape: Any) -> list[str]:
    """Return the members that travel in the body: the others may be in headers, beside an empty body."""
    return [name for name, member in shape.members.items() if "location" not in member.serialization]


def _problem(body: Any, protocol: str) -> str:
    """Say what is wrong with the body, or nothing."""
    if not body:
        return "is empty"
    if protocol in _JSON:
        try:
            return "" if isinstance(json.loads(body), dict) else "is not a JSON object"
        except (ValueError, UnicodeDecodeError):
            return "is not complete JSON"
    if protocol in _XML:
        try:
            # the bytes come over TLS from AWS or from loopback, and botocore parses the same bytes with the same parser
            root = ET.fromstring(body)  # noqa: S314
        except ET.ParseError:
            return "is not complete XML"
        return "is an HTML page" if root.tag.rpartition("}")[2].lower() == "html" else ""
    return ""
