"""Refuse an answer with status 200 that is not an AWS answer.

botocore turns a truncated, empty or HTML body into `{}` without an error, which every check would read as "nothing there".

Long listings in JSON may be taken as they were sent (`as_sent`): botocore's parser looks for every possible member of every value,
which costs eight times what reading the JSON costs, and the JSON is read here anyway.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree as ET

from runbooks.errors import Unreadable
from runbooks.model import Blind, Reason

_JSON = {"json", "rest-json"}
_XML = {"query", "ec2", "rest-xml"}
_here = threading.local()


@contextmanager
def as_sent() -> Iterator[None]:
    """Meanwhile, in this thread, leave successful answers in JSON as they were sent: times are numbers, bytes are base64."""
    _here.as_sent = True
    try:
        yield
    finally:
        _here.as_sent = False


def refuse_rubbish(operation_model: Any, response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Raise Unreadable when a success holds no well-formed answer; a handler for botocore's `before-parse` event."""
    if response_dict["status_code"] >= 300 or operation_model.has_streaming_output:  # noqa: PLR2004 - HTTP's own border
        return
    shape = operation_model.output_shape
    if shape is None or not _body_members(shape):
        return
    model = operation_model.service_model
    problem, found = _read(response_dict["body"], model.resolved_protocol)
    if found and getattr(_here, "as_sent", False):
        customized_response_dict.update(found)
        response_dict["body"] = b"{}"
    if problem:
        call = f"{model.service_name}:{operation_model.name}"
        raise Unreadable(Blind(call=call, reason=Reason.NOT_AN_ANSWER, detail=f"the reply with status 200 {problem}"))


def _body_members(shape: Any) -> list[str]:
    """Return the members that travel in the body: the others may be in headers, beside an empty body."""
    return [name for name, member in shape.members.items() if "location" not in member.serialization]


def _read(body: Any, protocol: str) -> tuple[str, dict[str, Any]]:
    """Say what is wrong with the body, or nothing; and return what it holds if it is JSON."""
    if not body:
        return "is empty", {}
    if protocol not in _JSON:
        return _problem(body, protocol), {}
    try:
        found = json.loads(body)
    except (ValueError, UnicodeDecodeError):
        return "is not complete JSON", {}
    return ("", found) if isinstance(found, dict) else ("is not a JSON object", {})


def _problem(body: Any, protocol: str) -> str:
    """Say what is wrong with a body in XML, or nothing."""
    if protocol in _XML:
        try:
            # the bytes come over TLS from AWS or from loopback, and botocore parses the same bytes with the same parser
            root = ET.fromstring(body)  # noqa: S314
        except ET.ParseError:
            return "is not complete XML"
        return "is an HTML page" if root.tag.rpartition("}")[2].lower() == "html" else ""
    return ""
