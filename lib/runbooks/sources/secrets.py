"""Secrets by what AWS tells about them, never by their value: age, last read, deletion, and which functions name them."""

from __future__ import annotations

from runbooks.errors import Unreadable
from runbooks.estate import FunctionSecrets, SecretState, StackResource
from runbooks.gateway import Answer, Reader
from runbooks.model import Blind, Reason
from runbooks.redact.names import is_empty, telling
from runbooks.settings import Settings, utc
from runbooks.sources import stack


def states(reader: Reader, settings: Settings) -> list[SecretState]:
    """Return every secret of the stack (DescribeSecret), with the functions that name it (GetFunctionConfiguration)."""
    members = stack.resources(reader, settings, "AWS::SecretsManager::Secret")
    rows = reader.map(
        lambda each: reader.read("secretsmanager", "DescribeSecret", SecretId=each.physical),
        members,
        name=lambda each: each.logical,
    )
    naming = _variables(reader, settings)
    return [_state(row, naming) for row in rows]


def literals(reader: Reader, settings: Settings) -> list[FunctionSecrets]:
    """Return for every function which variables hold a secret literally, by name and never by value (GetFunctionConfiguration)."""
    members = stack.resources(reader, settings, "AWS::Lambda::Function")
    return reader.map(lambda member: _literal(reader, member), members, name=lambda member: member.physical)


def _state(row: Answer, naming: dict[str, frozenset[str]]) -> SecretState:
    arn, read, deletion = row["ARN"], row.get("LastAccessedDate"), row.get("DeletedDate")  # both left out where there was none
    return SecretState(
        name=row["Name"],
        changed=utc(row.get("LastChangedDate") or row["CreatedDate"]),
        read=utc(read) if read else None,
        deletion=utc(deletion) if deletion else None,
        rotates=bool(row.get("RotationEnabled")),  # left out where rotation was never set up
        consumers=tuple(sorted(name for name, values in naming.items() if values & {arn, row["Name"]})),
    )


def _variables(reader: Reader, settings: Settings) -> dict[str, frozenset[str]]:
    """Return for each function the values of its variables that name a secret."""
    members = stack.resources(reader, settings, "AWS::Lambda::Function")
    found = reader.map(lambda member: (member.physical, _values(reader, member)), members, name=lambda each: each.physical)
    return {
        name: frozenset(value for value in values.values() if ":secret:" in value or "-jwt-" in value) for name, values in found
    }


def _values(reader: Reader, member: StackResource) -> dict[str, str]:
    environment: Answer = reader.read("lambda", "GetFunctionConfiguration", FunctionName=member.physical).get("Environment", {})
    if environment.get("Error"):  # the key that encrypts them refuses
        detail = "its variables cannot be read: the key that encrypts them refuses (kms:Decrypt)"
        raise Unreadable(
            Blind(call="lambda:GetFunctionConfiguration", reason=Reason.DENIED, resource=member.physical, detail=detail)
        )
    return dict(environment.get("Variables", {}))  # left out where there is none


def _literal(reader: Reader, member: StackResource) -> FunctionSecrets:
    values = _values(reader, member)
    held = [name for name, value in values.items() if (said := telling(name)) and said.sure and not is_empty(value)]
    return FunctionSecrets(member.physical, member.logical, tuple(sorted(held)))
