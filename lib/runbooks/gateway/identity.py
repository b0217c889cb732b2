"""Is this the right account, region and stack? Asked before anything else is read."""

from __future__ import annotations

from dataclasses import dataclass

from runbooks.errors import RefusedError
from runbooks.gateway.reader import Reader
from runbooks.settings import Environment


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are there, and the stack that proves that we look in the right place."""

    account: str
    arn: str
    stack_id: str


def identify(reader: Reader, environment: Environment) -> Identity:
    """Return the proven identity; raises RefusedError for another account or region, Unreadable when it cannot be proven."""
    caller = reader.read("sts", "GetCallerIdentity")
    if caller["Account"] != environment.account:
        raise RefusedError(
            f"these credentials are for account {caller['Account']}, "
            f"environment '{environment.name}' is account {environment.account}: nothing else was read"
        )
    stack_id = reader.read("cloudformation", "DescribeStacks", StackName=environment.stack)["Stacks"][0]["StackId"]
    _, _, service, region, account, _ = str(stack_id).split(":", 5)
    if (service, region, account) != ("cloudformation", environment.region, environment.account):
        raise RefusedError(
            f"stack {environment.stack} is {stack_id}, "
            f"environment '{environment.name}' is account {environment.account} in {environment.region}: nothing else was read"
        )
    return Identity(account=account, arn=caller["Arn"], stack_id=stack_id)
