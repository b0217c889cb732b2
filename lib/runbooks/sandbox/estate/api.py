"""The REST API: routes, methods without authorization, two deployments, the stage on the newer one, the custom domain."""

from __future__ import annotations

import importlib
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from runbooks.sandbox.estate import backends, chance, items
from runbooks.sandbox.estate.metrics import API_NAME, STAGE

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

ROUTES: dict[str, dict[str, str]] = {
    "/health": {"GET": "AuthFunction"},
    "/listings": {"GET": "ListingFunction", "POST": "ListingFunction"},
    "/listings/{id}": {"GET": "ListingFunction", "PUT": "ListingFunction", "DELETE": "ListingFunction"},
    "/search": {"POST": "SearchFunction"},
    "/media": {"POST": "MediaFunction"},
    "/email": {"POST": "EmailFunction"},
    "/stats": {},
    "/stats/platform": {"GET": "StatsFunction"},
    "/auth": {},
    "/auth/login": {"POST": "AuthFunction"},
    "/auth/register": {"POST": "AuthFunction"},
    "/auth/refresh": {"POST": "AuthFunction"},
    "/auth/logout": {"POST": "AuthFunction"},
    "/auth/admin": {},
    "/auth/admin/login": {"POST": "AuthFunction"},
    "/admin": {"GET": "AdminFunction", "POST": "AdminFunction", "PUT": "AdminFunction", "DELETE": "AdminFunction"},
    "/admin/{proxy+}": {"ANY": "AdminFunction"},
}


def _imported() -> Any:
    """Import moto's API Gateway without the grammar of URIs that its JSON schema library would spend 1.5 s on, for nothing here."""
    absent = "rfc3987_syntax" not in sys.modules
    if absent:
        sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # an import of it fails, which that library allows for
    try:
        return importlib.import_module("moto.apigateway.models")
    finally:
        if absent:
            del sys.modules["rfc3987_syntax"]


moto = _imported()
LATEST_DAYS, PREVIOUS_DAYS = 12, 30


def build(account: Account) -> None:
    """Create the API with everything below it."""
    backend = backends.of(account, "apigateway")
    now, names = account.clock.now(), account.names
    api = moto.RestAPI(
        names["rest_api_id"], account.environment.account, account.environment.region, API_NAME, "API for boat listing platform",
        endpoint_configuration={"types": ["REGIONAL"]},
    )  # fmt: skip
    api.create_date = int((now - timedelta(days=44)).timestamp())
    backend.apis[api.id] = api
    _resources(account, api)
    for key, days in (("previous_deployment_id", PREVIOUS_DAYS), ("deployment_id", LATEST_DAYS)):
        deployment = moto.Deployment(names[key], "", "Automatically created by the RestApi construct")
        deployment.created_date = int((now - timedelta(days=days, hours=3)).timestamp())
        api.deployments[names[key]] = deployment
    api.stages[STAGE] = moto.Stage(name=STAGE, deployment_id=names["deployment_id"])
    _domain(account, backend)


def rest_api(account: Account) -> Any:
    """Return moto's API."""
    return backends.of(account, "apigateway").apis[account.names["rest_api_id"]]


def _resources(account: Account, api: Any) -> None:
    dice = chance.dice(items.seed_of(account), "api")
    root = api.default
    del api.resources[root.id]
    root.id = api.root_resource_id = chance.word(dice, 10)
    api.resources[root.id] = root
    made: dict[str, Any] = {"": root}
    for path, methods in ROUTES.items():
        parent, part = path.rsplit("/", 1)
        resource = moto.Resource(
            chance.word(dice, 6), account.environment.account, account.environment.region, api.id, part, made[parent].id
        )
        api.resources[resource.id] = made[path] = resource
        for verb, function in {**methods, "OPTIONS": ""}.items():
            resource.resource_methods[verb] = _method(account, verb, function)


def _method(account: Account, verb: str, function: str) -> Any:
    method = moto.Method(verb, "NONE", api_key_required=False)
    if function:
        target = f"function:{account.names[function]}/invocations"
        path = f"lambda:path/2015-03-31/functions/{backends.arn(account, 'lambda', target)}"
        uri = f"arn:aws:apigateway:{account.environment.region}:{path}"
        method.method_integration = moto.Integration(
            integration_type="AWS_PROXY", uri=uri, http_method="POST", timeout_in_millis="29000"
        )
    else:
        method.method_integration = moto.Integration(integration_type="MOCK", uri="", http_method="", timeout_in_millis="29000")
    return method


def _domain(account: Account, backend: Any) -> None:
    host = account.environment.hosts.api
    domain = moto.DomainName(
        host, regional_certificate_arn=account.names["certificate_arn"], endpoint_configuration={"types": ["REGIONAL"]},
        security_policy="TLS_1_2", region_name=account.environment.region,
    )  # fmt: skip
    domain.regional_domain_name = account.names["domain_target"]
    domain.certificate_upload_date = int((account.clock.now() - timedelta(days=44)).timestamp())
    backend.domain_names[host] = domain
    backend.create_base_path_mapping(host, account.names["rest_api_id"], "", STAGE)
