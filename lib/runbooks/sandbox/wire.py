"""AWS's protocols: what a request asks for, and answers and errors in the form its client expects.

moto's own routers, parsers and serializers do the work, driven by botocore's service models; the answers of moto are read
with botocore's parsers. No service that the runbooks use is asked over smithy-rpc-v2-cbor: botocore prefers JSON.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from botocore.awsrequest import HeadersDict
from botocore.exceptions import UnknownServiceError
from botocore.parsers import create_parser
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import DefaultAttributePicker, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from runbooks.settings import utc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moto.core.model import OperationModel

    from runbooks.sandbox.refusals import Refusal

SIGNING_NAMES = {
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "elasticloadbalancing": "elbv2",
    "states": "stepfunctions",
    "email": "ses",
}
CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
PRESIGNED = re.compile(r"X-Amz-Credential=([^/&]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
KEY = re.compile(r"sandbox-(\d{12})")


_loading = Lock()
_loaded: set[str] = set()


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Return a header's value, or an empty string."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True)
class Call:
    """One signed AWS request: whose, where, of which service and operation (botocore's names)."""

    key: str
    account: str
    region: str
    service: str
    operation: str
    protocol: str
    method: str
    path: str
    environ: dict[str, Any]
    body: bytes

    @cached_property
    def model(self) -> OperationModel:
        """Botocore's model of the operation."""
        model: OperationModel = get_service_model(self.service).operation_model(self.operation)
        return model

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The request's parameters, as a boto3 caller wrote them; blobs are bytes, times are aware datetimes in UTC."""
        request = _request(self.environ, self.body)
        labels = _routed(self.service, request)[1] if self.protocol.startswith("rest") else {}
        parser = PROTOCOL_PARSERS[self.protocol](self.model)
        asked: Any = {
            "method": self.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.get_data(),
            "url_path": request.path,
            "url_params": labels,
        }
        parameters: dict[str, Any] = _aware(parser.parse(asked))
        return parameters


def read(environ: dict[str, Any], body: bytes) -> Call | None:
    """Return the call a request makes, or None when it is not signed; the operation is empty where none matches."""
    signed = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", "")) or PRESIGNED.search(
        environ.get("QUERY_STRING", "").replace("%2F", "/")
    )
    if signed is None:
        return None
    key, region, signing_name = signed.groups()
    service = SIGNING_NAMES.get(signing_name, signing_name)
    _load(service, environ, body)
    account = known[1] if (known := KEY.fullmatch(key)) else ""
    return Call(
        key=key,
        account=account,
        region=region,
        service=service,
        operation=_operation(service, environ, body),
        protocol=_protocol(service, environ.get("CONTENT_TYPE", "")),
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "/"),
        environ=environ,
        body=body,
    )


def _load(service: str, environ: Mapping[str, Any], body: bytes) -> None:
    """Load the models of a service alone, the first time it is asked: eight threads at once would each load them."""
    if service not in _loaded:
        with _loading:
            _operation(service, environ, body)
            _protocol(service, environ.get("CONTENT_TYPE", ""))
            _loaded.add(service)


def parsed(call: Call, response: Response) -> dict[str, Any]:
    """Return an answer of moto's as boto3 would hand it out, without ResponseMetadata."""
    raw = {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body}
    shape: Any = call.model.output_shape
    answer: dict[str, Any] = create_parser(call.protocol).parse(raw, shape)
    answer.pop("ResponseMetadata", None)
    return answer


def written(call: Call, answer: Mapping[str, Any]) -> Response:
    """Return the answer in the call's protocol; keys are those of boto3, times are datetimes."""
    serializer = get_serializer_class(call.service, call.protocol)(
        operation_model=call.model, value_picker=DefaultAttributePicker()
    )
    made = serializer.serialize(dict(answer))
    body = made["body"]
    headers = tuple((str(key), str(value)) for key, value in made["headers"].items())
    return typed(call, Response(int(made["status_code"]), headers, body.encode() if isinstance(body, str) else body))


def typed(call: Call, response: Response) -> Response:
    """Return the response with the content type that AWS gives; moto gives its XML and JSON as plain text or as a web page."""
    given = response.header("content-type")
    if given and not given.startswith(("text/html", "text/plain")) and given != "text":
        return response
    headers = tuple((key, value) for key, value in response.headers if key.lower() != "content-type")
    return Response(response.status, (*headers, ("Content-Type", _content_type(call))), response.body)


def refused(call: Call, refusal: Refusal) -> Response:
    """Return an error in the call's protocol."""
    code, message = escape(refusal.code), escape(refusal.message)
    if call.service == "s3":
        return _xml(refusal.status, f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>0</RequestId></Error>")
    if call.protocol == "ec2":
        inner = f"<Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
        return _xml(refusal.status, f"<Response>{inner}<RequestID>0</RequestID></Response>")
    if call.protocol in {"query", "rest-xml"}:
        inner = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        return _xml(refusal.status, f"<ErrorResponse>{inner}<RequestId>0</RequestId></ErrorResponse>")
    return _json_error(call, refusal)


def _json_error(call: Call, refusal: Refusal) -> Response:
    headers = [("Content-Type", _content_type(call)), ("x-amzn-errortype", refusal.code)]
    body = {"message": refusal.message, **({} if call.protocol == "rest-json" else {"__type": refusal.code})}
    if call.service in {"cloudwatch", "sqs"}:  # these promise clients of the older query protocol their old error codes
        headers.append(("x-amzn-query-error", f"{refusal.code};{'Receiver' if refusal.status >= 500 else 'Sender'}"))  # noqa: PLR2004
    return Response(refusal.status, tuple(headers), json.dumps(body).encode())


def _content_type(call: Call) -> str:
    if call.protocol == "json":
        return f"application/x-amz-json-{get_service_model(call.service).metadata.get('jsonVersion', '1.0')}"
    return "application/json" if call.protocol == "rest-json" else "text/xml"


def _xml(status: int, text: str) -> Response:
    return Response(status, (("Content-Type", "text/xml"),), f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode())


def _operation(service: str, environ: Mapping[str, Any], body: bytes) -> str:
    target: str = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return target.rpartition(".")[2]
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded") and service != "s3":
        return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
    try:
        return str(_routed(service, _request(environ, body))[0].name)
    except (NotFound, NotImplementedError, UnknownServiceError):
        return ""


def _aware(value: Any) -> Any:
    """Return a parsed value with its times in UTC: moto's parsers leave the zone out."""
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, dict):
        return {key: _aware(inner) for key, inner in value.items()}
    return [_aware(inner) for inner in value] if isinstance(value, list) else value


def _routed(service: str, request: Request) -> tuple[OperationModel, dict[str, Any]]:
    return get_service_router(service).match(request)


def _request(environ: Mapping[str, Any], body: bytes) -> Request:
    return Request({**environ, "wsgi.input": BytesIO(body)})


@lru_cache(maxsize=256)
def _protocol(service: str, content_type: str) -> str:
    try:
        return str(determine_request_protocol(get_service_model(service), content_type))
    except (NotImplementedError, UnknownServiceError):
        return "json" if "json" in content_type else "query"
