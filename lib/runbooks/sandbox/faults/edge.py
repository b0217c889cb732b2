"""Faults between the visitor and the platform: the site and its tunnel, the instance, the API's routes and stage."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import api, backends, chance, items
from runbooks.sandbox.estate.metrics import STAGE
from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import PERFORMANCE, Fault, Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.estate.series import Name

SITE, HEALTH, LISTINGS = "https://*.com/", "*/health", "*/listings*"


def _site(state: str) -> Callable[[Account], None]:
    def apply(account: Account) -> None:
        account.edge.site = state

    return apply


def _api(state: str, minutes: float = 20) -> Callable[[Account], None]:
    def apply(account: Account) -> None:
        account.edge.api = state
        effects.change(
            account, lambda name: name.namespace in {"AWS/ApiGateway", "AWS/Lambda"}, effects.ago(account, minutes), effects.nothing
        )

    return apply


def _route(route: str, fault: str) -> Callable[[Account], None]:
    def apply(account: Account) -> None:
        account.edge.routes[route] = fault

    return apply


def _named(metric: str) -> Callable[[Name], bool]:
    return lambda name: name.metric == metric


def _tunnel_down(account: Account) -> None:
    """Cloudflared stopped: the instance is well and its packets trickle on, so that all four alarms stay OK."""
    account.edge.site = "tunnel-down"
    quiet = {"NetworkPacketsIn": 190.0, "NetworkPacketsOut": 160.0, "NetworkIn": 21000.0, "NetworkOut": 18000.0}
    for metric, level in quiet.items():
        effects.change(account, _named(metric), effects.ago(account, 18), effects.always(level))


def _stopped(account: Account) -> None:
    since = effects.ago(account, 32)
    instance = account.names["instance_id"]
    backends.of(account, "ec2").stop_instances([instance])
    account.edge.site = "tunnel-down"
    account.managed_instances = [
        {**each, "PingStatus": "ConnectionLost", "LastPingDateTime": since} for each in account.managed_instances
    ]
    effects.change(account, lambda name: name.namespace == "AWS/EC2", since, effects.nothing)
    effects.done(account, since, "StopInstances", instance)
    for stem in ("cloudflare-tunnel-instance-status", "cloudflare-tunnel-system-status"):
        effects.ring(
            account,
            stem,
            since + timedelta(minutes=4),
            "no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].",
        )
    effects.ring(
        account,
        "cloudflare-tunnel-network",
        since + timedelta(minutes=17),
        "no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching].",
    )


def _status_check(account: Account) -> None:
    since = effects.ago(account, 14)
    effects.change(
        account, lambda name: name.metric in {"StatusCheckFailed", "StatusCheckFailed_Instance"}, since, effects.always(1.0)
    )
    failed = {"Status": "impaired", "Details": [{"Name": "reachability", "Status": "failed", "ImpairedSince": since}]}
    effects.overlay(account, "ec2", account.names["instance_id"], InstanceStatus=failed)
    effects.ring(
        account,
        "cloudflare-tunnel-instance-status",
        since + timedelta(minutes=3),
        "2 datapoints [1.0, 1.0] were greater than or equal to the threshold (1.0).",
    )
    account.edge.site = "tunnel-down"


def _egress_lost(account: Account) -> None:
    since = effects.ago(account, 40)
    backend = backends.of(account, "ec2")
    nat = account.names["nat_gateway_id"]
    backend.nat_gateways[nat].state = "failed"
    effects.done(account, since, "DeleteNatGateway", nat)
    account.managed_instances = [
        {**each, "PingStatus": "ConnectionLost", "LastPingDateTime": since} for each in account.managed_instances
    ]
    effects.change(account, lambda name: name.metric.startswith("Network"), since, effects.always(4.0))
    account.edge.site = "tunnel-down"
    effects.ring(
        account,
        "cloudflare-tunnel-network",
        since + timedelta(minutes=16),
        "3 datapoints [4.0, 4.0, 4.0] were less than the threshold (10.0).",
    )


def _endpoint_gone(account: Account) -> None:
    """The S3 gateway endpoint is gone: traffic goes through the NAT gateway and costs, nothing else shows."""
    identity = account.names["vpc_endpoint_id"]
    backends.of(account, "ec2").delete_vpc_endpoints([identity])
    effects.done(account, effects.ago(account, 60 * 8), "DeleteVpcEndpoints", identity)


def _old_deployment(account: Account) -> None:
    at = effects.ago(account, 60)
    dice = chance.dice(items.seed_of(account), "deployment")
    newest = api.moto.Deployment(chance.word(dice, 6), "", "")
    newest.created_date = int(at.timestamp())
    api.rest_api(account).deployments[newest.id] = newest
    effects.done(account, at, "CreateDeployment", account.names["rest_api_id"])


def _rolled_back(account: Account) -> None:
    api.rest_api(account).stages[STAGE].deployment_id = account.names["previous_deployment_id"]
    effects.done(account, effects.ago(account, 45), "UpdateStage", account.names["rest_api_id"])


def _route_missing(account: Account) -> None:
    found = next(each for each in api.rest_api(account).resources.values() if each.get_path() == "/health")
    del api.rest_api(account).resources[found.id]
    effects.done(account, effects.ago(account, 30), "DeleteMethod", account.names["rest_api_id"])
    effects.done(account, effects.ago(account, 29), "CreateDeployment", account.names["rest_api_id"])
    account.edge.routes["GET /health"] = "missing"
    effects.change(account, effects.api_metric("4XXError"), effects.ago(account, 29), effects.share(0.2))


def _throttled(account: Account) -> None:
    since = effects.ago(account, 22)
    effects.change(account, effects.api_metric("Count", "4XXError"), since, effects.more(60))
    effects.change(account, effects.api_metric("4XXError"), since, effects.share(0.7))
    account.edge.routes |= {"GET /health": "throttled", "GET /listings": "throttled"}


def _slow(account: Account) -> None:
    account.edge.api = "slow"
    effects.change(
        account, effects.api_metric("Latency", "IntegrationLatency"), effects.ago(account, 50), effects.times(25, most=28000)
    )
    for function in ("AuthFunction", "ListingFunction", "SearchFunction"):
        effects.change(
            account, effects.function_metric(account, function, "Duration"), effects.ago(account, 50), effects.times(22, most=2900)
        )


def _gateway_timeout(account: Account) -> None:
    since = effects.ago(account, 26)
    account.edge.routes |= {"GET /listings": "timeout", "GET /listings/{id}": "timeout"}
    effects.failing_api(account, since)
    effects.change(account, effects.api_metric("Latency", "IntegrationLatency"), since, effects.always(29000.0, 6))


def _cors(fault: str) -> Callable[[Account], None]:
    def apply(account: Account) -> None:
        account.edge.routes |= {"GET /health": fault, "GET /listings": fault}

    return apply


def _crash(account: Account) -> None:
    account.edge.routes["GET /health"] = "crash"
    effects.failing_function(account, "AuthFunction", effects.ago(account, 15))
    effects.failing_api(account, effects.ago(account, 15), 0.1)
    text = 'ERROR\tUncaught Exception\t{"errorType":"Runtime.UserCodeSyntaxError","errorMessage":"SyntaxError: Unexpected token"}'
    effects.console(account, "AuthFunction", effects.ago(account, 15), text, every=2)


FAULTS = (
    Fault(
        "tunnel-down",
        "The tunnel's process stopped; instance and alarms look well",
        _tunnel_down,
        (Finding("endpoints_answer", SITE),),
        "F23",
    ),
    Fault("origin-down", "The site's origin refuses connections", _site("origin-down"), (Finding("endpoints_answer", SITE),)),
    Fault(
        "wrong-page", "The site shows some other page with status 200", _site("wrong-page"), (Finding("endpoints_answer", SITE),)
    ),
    Fault("site-slow", "The site takes seconds", _site("slow"), (Finding("endpoints_answer", SITE, "WARN"),)),
    Fault("site-refused", "The site's host refuses connections", _site("refused"), (Finding("endpoints_answer", SITE),)),
    Fault(
        "instance-stopped",
        "The tunnel's instance was stopped",
        _stopped,
        (Finding("alarms_quiet", "cloudflare-tunnel-instance-status-*"), Finding("endpoints_answer", SITE)),
        "F24",
    ),
    Fault(
        "instance-impaired",
        "The tunnel's instance fails its status check",
        _status_check,
        (Finding("alarms_quiet", "cloudflare-tunnel-instance-status-*"), Finding("endpoints_answer", SITE)),
        "F24",
    ),
    Fault(
        "egress-lost",
        "The NAT gateway failed, the instance reaches nothing",
        _egress_lost,
        (Finding("alarms_quiet", "cloudflare-tunnel-network-*"), Finding("endpoints_answer", SITE)),
        "F25",
    ),
    Fault("vpc-endpoint-deleted", "The S3 gateway endpoint was deleted", _endpoint_gone),
    Fault(
        "old-deployment",
        "The API was deployed and the stage not moved",
        _old_deployment,
        (Finding("api_deployed", "*", "WARN"),),
        "F20",
    ),
    Fault(
        "stage-rolled-back",
        "The stage was put back to the previous deployment",
        _rolled_back,
        (Finding("api_deployed", "*", "WARN"),),
        "F20",
    ),
    Fault("route-missing", "The API lost its health route", _route_missing, (Finding("endpoints_answer", HEALTH),), "F20"),
    Fault(
        "gateway-throttled",
        "The gateway throttles: 429 before any function is asked",
        _throttled,
        (Finding("endpoints_answer", HEALTH), Finding("probe_passes", HEALTH, runbook=PERFORMANCE)),
        "F34",
    ),
    Fault(
        "api-slow",
        "The API takes seconds",
        _slow,
        (
            Finding("endpoints_answer", HEALTH, "WARN"),
            Finding("probe_passes", HEALTH, "WARN", PERFORMANCE),
            Finding("nothing_unusual", "Boat Listing API, p95", runbook=PERFORMANCE),
        ),
    ),
    Fault(
        "api-timeout",
        "Listings take longer than the gateway's 29 seconds",
        _gateway_timeout,
        (
            Finding("endpoints_answer", LISTINGS),
            Finding("probe_passes", LISTINGS, runbook=PERFORMANCE),
            Finding("nothing_unusual", "Boat Listing API, p95", runbook=PERFORMANCE),
        ),
    ),
    Fault("api-refused", "The API's host refuses connections", _api("refused"), (Finding("endpoints_answer", HEALTH),)),
    Fault(
        "auth-crash",
        "The auth function crashes, and health with it",
        _crash,
        (Finding("endpoints_answer", HEALTH), Finding("functions_succeed", "*AuthFunction*", runbook=PERFORMANCE)),
    ),
    Fault(
        "health-unhealthy",
        "Health answers 200 and says unhealthy",
        _route("GET /health", "unhealthy-body"),
        (Finding("endpoints_answer", HEALTH),),
    ),
    Fault(
        "health-html", "Health answers 200 with a web page", _route("GET /health", "html"), (Finding("endpoints_answer", HEALTH),)
    ),
    Fault(
        "listings-truncated",
        "The listings' answer breaks off",
        _route("GET /listings", "truncated"),
        (Finding("endpoints_answer", LISTINGS),),
    ),
    Fault(
        "cors-missing",
        "The functions' answers carry no CORS header, the preflight does",
        _cors("no-cors"),
        (Finding("endpoints_answer", HEALTH),),
        "F33",
    ),
    Fault(
        "cors-wrong",
        "The functions allow some other origin only",
        _cors("wrong-cors"),
        (Finding("endpoints_answer", HEALTH),),
        "F33",
    ),
)
