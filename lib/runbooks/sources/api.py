"""The REST API's stage: which deployment it serves, and which is the newest."""

from __future__ import annotations

from runbooks.errors import Unreadable
from runbooks.estate import StackResource, StageState
from runbooks.gateway import Reader
from runbooks.model import Blind, Reason
from runbooks.settings import Settings, utc
from runbooks.sources import stack


def stages(reader: Reader, settings: Settings) -> list[StageState]:
    """Return the stages of the stack's REST API (GetStages, GetDeployments); the API's name is not unique, its id is."""
    members = stack.resources(reader, settings, "AWS::ApiGateway::RestApi")
    return [state for found in reader.map(lambda member: _stages(reader, member), members) for state in found]


def _stages(reader: Reader, member: StackResource) -> list[StageState]:
    api = member.physical
    deployments = reader.listing("apigateway", "GetDeployments", "items", restApiId=api)
    if not deployments:
        blind = Blind(
            call="apigateway:GetDeployments", reason=Reason.NO_DATA, resource=api, detail="the answer holds no deployment"
        )
        raise Unreadable(blind)
    newest = max(deployments, key=lambda row: row["createdDate"])
    return [
        StageState(api, row["stageName"], row["deploymentId"], newest["id"], utc(newest["createdDate"]))
        for row in reader.read("apigateway", "GetStages", restApiId=api)["item"]
    ]
