"""The parameters that a notebook declares, and the check of the values given for them.

papermill pastes the names of parameters, and some values, into code; and of a name it does not know it only warns. So nothing
reaches it but declared names with plain values of the declared type. A range in the help ("1 to 360") is enforced.
"""

from __future__ import annotations

import ast
import io
import math
import re
import tokenize
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runbooks.errors import CallError

Plain = str | int | float | bool

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
LONGEST = 2000  # characters of a text
_TYPES: dict[str, type[Plain]] = {"str": str, "int": int, "float": float, "bool": bool}
_INT = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)
_FLOAT = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_RANGE = re.compile(r"(?<![\w.])(-?\d+(?:\.\d+)?) to (-?\d+(?:\.\d+)?)(?![\w.]*\d)", re.ASCII)
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ALLOWED_CONTROLS = frozenset("\t\n")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter; `default` is None when a value must be given."""

    name: str
    type: type[Plain]
    default: Plain | None
    help: str

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Return the range that the help states for a number, as in "how far back to look, 1 to 360"."""
        stated = _RANGE.search(self.help) if self.type in (int, float) else None
        return (float(stated[1]), float(stated[2])) if stated else None


def declared(notebook: Mapping[str, Any]) -> list[Parameter]:
    """Return what the cell tagged `parameters` declares, in order; raises CallError where it is more than literals."""
    for cell in notebook.get("cells", ()):
        if cell.get("cell_type") == "code" and "parameters" in cell.get("metadata", {}).get("tags", ()):
            return _parsed("".join(cell["source"]))
    return []


def checked(parameters: Iterable[Parameter], given: Iterable[tuple[str, object]]) -> dict[str, Plain]:
    """Return the values given, each of its declared type; text is converted by that type alone.

    Raises:
        CallError: A name is unknown, given twice or missing, or a value has another type, no finite size, or is out of range.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Plain] = {}
    for name, value in given:
        if name not in known:
            raise CallError(f"unknown parameter {_shown(name)}: {_choices(known)}")
        if name in values:
            raise CallError(f"parameter '{name}' is given twice: give it once")
        values[name] = _converted(known[name], value)
    for parameter in known.values():
        if parameter.default is None and parameter.name not in values:
            raise CallError(f"parameter '{parameter.name}' ({parameter.type.__name__}) is missing: {_choices(known)}")
    return values


def plain_text(what: str, text: object) -> str:
    """Return `text` if it is text that can be shown and saved; raises CallError for anything else."""
    if not isinstance(text, str):
        raise CallError(f"{what} is of type {type(text).__name__}: give text")
    if len(text) > LONGEST:
        raise CallError(f"{what} has {len(text)} characters: give at most {LONGEST}")
    for place, sign in enumerate(text):
        if sign in _BIDI or (unicodedata.category(sign) in ("Cc", "Cs") and sign not in _ALLOWED_CONTROLS):
            raise CallError(f"{what} has the character U+{ord(sign):04X} at place {place + 1}: give text without it")
    return text


def _parsed(source: str) -> list[Parameter]:
    try:
        statements, comments = ast.parse(source).body, _comments(source)
    except (SyntaxError, tokenize.TokenError) as error:
        raise CallError(f"the cell of the parameters is not Python ({error}): declare one `name: type = value` a line") from None
    found = [_parameter(statement, comments) for statement in statements]
    if len({parameter.name for parameter in found}) < len(found):
        raise CallError("the cell of the parameters declares a name twice: declare each once")
    return found


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ").strip() for token in tokens if token.type == tokenize.COMMENT}


def _parameter(statement: ast.stmt, comments: Mapping[int, str]) -> Parameter:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id=word), value=value) if word in _TYPES:
            kind: type[Plain] | None = _TYPES[word]
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            kind = None
        case _:
            raise CallError(
                f"line {statement.lineno} of the parameters is not `name: str, int, float or bool = literal`: make it so"
            )
    default = _literal(name, value)
    if kind is None and default is not None:
        kind = type(default)
    if kind is None or not NAME.fullmatch(name):
        raise CallError(f"the notebook declares {_shown(name)}: a name matches {NAME.pattern} and has a plain default or a type")
    if default is not None:
        default = float(default) if kind is float and type(default) is int else default
        if type(default) is not kind:
            raise CallError(f"the notebook declares '{name}' as {kind.__name__} with the default {default!r}: make them agree")
    return Parameter(name, kind, default, comments.get(statement.end_lineno or statement.lineno, ""))


def _literal(name: str, value: ast.expr | None) -> Plain | None:
    if value is None:
        return None
    try:
        literal = ast.literal_eval(value)
    except ValueError:
        literal = None
    if type(literal) not in _TYPES.values():
        raise CallError(f"the default of '{name}' is not a plain text, number or truth value: write a literal")
    return literal  # type: ignore[no-any-return]  # its type was compared just above


def _converted(parameter: Parameter, value: object) -> Plain:
    if parameter.type is str:
        return plain_text(f"parameter '{parameter.name}'", value)
    result = _from_text(parameter.type, value) if type(value) is str else value
    if parameter.type is float and type(result) is int:
        result = float(result) if abs(result) < 2**63 else math.inf
    if type(result) is not parameter.type or not isinstance(result, int | float):
        hint = "true or false" if parameter.type is bool else f"{'a whole' if parameter.type is int else 'a'} number, as in 24"
        raise CallError(f"parameter '{parameter.name}' is {_shown(value)}, not of type {parameter.type.__name__}: give {hint}")
    if not (-(2**63) <= result < 2**63 if parameter.type is int else math.isfinite(result)):
        raise CallError(f"parameter '{parameter.name}' is {_shown(value)}: give a finite number within 64 bits")
    if parameter.bounds and not parameter.bounds[0] <= result <= parameter.bounds[1]:
        low, high = parameter.bounds
        raise CallError(f"parameter '{parameter.name}' is {_shown(value)}: choose {low:g} to {high:g}")
    return result


def _from_text(kind: type[Plain], text: str) -> object:
    """Read text as the declared type alone: no underscores, blanks, foreign digits, "nan", "yes" or "False"."""
    if kind is bool:
        return {"true": True, "false": False}.get(text, text)
    if kind is int:
        return int(text) if _INT.fullmatch(text) else text
    return float(text) if _FLOAT.fullmatch(text) else text


def _choices(known: Mapping[str, Parameter]) -> str:
    listed = ", ".join(f"{parameter.name} ({parameter.type.__name__})" for parameter in known.values())
    return f"choose from {listed}" if listed else "this runbook takes none"


def _shown(value: object) -> str:
    try:
        text = ascii(value)
    except ValueError:  # the number is too long to print
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - what fits into a sentence
