"""Metric math: arithmetic over series, SUM, AVG, MIN, MAX, METRICS and FILL with a number.

Source: CloudWatch user guide, "Using metric math". A series is a mapping of times to numbers; arithmetic works on the times
that both sides have, and a division by zero leaves its time out.
"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    Series = Mapping[datetime, float]
    Value = float | Series | list[Series]

ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
REDUCTIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}


class ExpressionError(ValueError):
    """An expression that is wrong, or beyond what is played here."""


def computed(expression: str, series: Mapping[str, Series], metrics: Sequence[str], times: Sequence[datetime]) -> Series:
    """Return the series of an expression; raises ExpressionError.

    `series` are all that it may name, `metrics` the ids that METRICS() means, `times` the starts of all periods.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"Error in expression '{expression}': {error.msg}") from None
    value = _Evaluation(series, metrics, times).of(tree)
    if isinstance(value, list):
        raise ExpressionError(f"Error in expression '{expression}': the result is a list of series, not one")
    return value if not isinstance(value, int | float) else dict.fromkeys(times, float(value))


class _Evaluation:
    def __init__(self, series: Mapping[str, Series], metrics: Sequence[str], times: Sequence[datetime]) -> None:
        self.series = series
        self.metrics = metrics
        self.times = times

    def of(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name) if name in self.series:
                return self.series[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._arithmetic(operator.mul, -1.0, self.of(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                return self._arithmetic(ARITHMETIC[type(op)], self.of(left), self.of(right))
            case ast.List(elts=elements):
                return [self._one(each) for each in elements]
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._function(name, arguments)
        raise ExpressionError(f"Error in expression: '{ast.unparse(node)}' is unknown, or not played by the sandbox")

    def _function(self, name: str, arguments: Sequence[ast.expr]) -> Value:
        if name == "METRICS" and not arguments:
            return [self.series[name] for name in self.metrics]
        if name in REDUCTIONS and len(arguments) == 1:
            return self._reduced(REDUCTIONS[name], self.of(arguments[0]))
        if name == "FILL" and len(arguments) == 2:  # noqa: PLR2004 - the series and what fills it
            return self._filled(self.of(arguments[0]), self.of(arguments[1]))
        raise ExpressionError(f"Error in expression: {name} with {len(arguments)} arguments is not played by the sandbox")

    def _one(self, node: ast.expr) -> Series:
        value = self.of(node)
        if isinstance(value, list | int | float):
            raise ExpressionError(f"Error in expression: '{ast.unparse(node)}' is not a series")
        return value

    def _reduced(self, reduce: Callable[[Sequence[float]], float], value: Value) -> Value:
        if isinstance(value, int | float):
            return value
        if not isinstance(value, list):
            return reduce(list(value.values())) if value else {}
        every = sorted({time for each in value for time in each})
        return {time: reduce([each[time] for each in value if time in each]) for time in every}

    def _filled(self, value: Value, filler: Value) -> Value:
        if not isinstance(filler, int | float) or isinstance(value, int | float):
            raise ExpressionError("Error in expression: FILL takes a series and a number")
        if isinstance(value, list):
            return [{time: each.get(time, filler) for time in self.times} for each in value]
        return {time: value.get(time, filler) for time in self.times}

    def _arithmetic(self, apply: Callable[[float, float], float], left: Value, right: Value) -> Value:
        if isinstance(left, list) or isinstance(right, list):
            raise ExpressionError("Error in expression: arithmetic over a list of series is not played by the sandbox")
        if isinstance(left, int | float) and isinstance(right, int | float):
            return apply(left, right)
        times = [time for time in self.times if all(isinstance(side, int | float) or time in side for side in (left, right))]
        made: dict[datetime, float] = {}
        for time in times:
            first = left if isinstance(left, int | float) else left[time]
            second = right if isinstance(right, int | float) else right[time]
            if not (apply is operator.truediv and second == 0):
                made[time] = apply(first, second)
        return made
