"""Physical names: what CloudFormation appends to logical ids, made from the seed."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import backends, chance, functions

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

LONGEST = 64  # characters of a function's or role's name
SUFFIX = 12


def build(account: Account) -> None:
    """Fill the account's names with those that no backend chooses by itself."""
    environment = account.environment
    assert environment.sandbox is not None  # noqa: S101 - only sandboxed environments get here
    dice = chance.dice(environment.sandbox.seed, "names")
    names = account.names
    for function in functions.FUNCTIONS:
        names[function.name] = physical(
            environment.stack, function.logical, chance.word(dice, SUFFIX, string.ascii_uppercase + string.digits)
        )
    for name in [*(each.name for each in functions.FUNCTIONS), "TunnelInstance", "BoatListingApiCloudWatch"]:
        logical = f"{name}{'ServiceRole' if name.endswith('Function') else 'Role'}"
        names[f"{logical}Id"] = logical + chance.hexadecimal(dice, 8).upper()
        names[logical] = physical(
            environment.stack, names[f"{logical}Id"], chance.word(dice, SUFFIX, string.ascii_letters + string.digits)
        )
    names["stack_id"] = backends.arn(account, "cloudformation", f"stack/{environment.stack}/{chance.uuid4(dice)}")
    names["rest_api_id"] = chance.word(dice, 10)
    names["deployment_id"], names["previous_deployment_id"] = chance.word(dice, 6), chance.word(dice, 6)
    names["domain_target"] = f"d-{chance.word(dice, 10)}.execute-api.{environment.region}.amazonaws.com"
    names["secret_name"] = f"boat-listing-admin-jwt-{environment.suffix}"
    names["secret_arn"] = backends.arn(
        account, "secretsmanager", f"secret:{names['secret_name']}-{chance.word(dice, 6, string.ascii_letters)}"
    )
    names["certificate_arn"] = backends.arn(account, "acm", f"certificate/{chance.uuid4(dice)}")
    names["media_bucket"] = f"boat-listing-media-{environment.account}"
    names["frontend_bucket"] = f"boat-listing-frontend-{environment.account}"
    for short, stem in (("admin_topic", "admin-service-alerts"), ("tunnel_topic", "cloudflare-tunnel-alerts")):
        names[short] = backends.arn(account, "sns", f"{stem}-{environment.suffix}")
    names["tunnel_log_group"] = f"/aws/ec2/cloudflare-tunnel/{environment.suffix}"
    names["stage"] = "prod"


def physical(stack: str, logical: str, suffix: str) -> str:
    """Return the name CloudFormation gives: stack, logical id, suffix; the logical id is cut where the whole would be too long."""
    room = LONGEST - len(stack) - len(suffix) - 2
    return f"{stack}-{logical[:room]}-{suffix}"
