"""Keyword arguments that many functions share, as the extension module takes them."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Literal, TypeAlias

from mirrorhead._arrays import exponent

if TYPE_CHECKING:
    from mirrorhead._native import MethodOptions, SolverOptions

#: How long the steps are: ``lr`` times the gradient, its direction, or that of all tensors together.
StepRule: TypeAlias = Literal["normalized", "globally_normalized", "constant"]


def solver_options(
    relative_gap: float,
    max_iterations: int = 500,
    max_factor_rows: int = 20_000,
    time_limit: float | None = None,
) -> SolverOptions:
    """Accuracy and limits of a solve."""
    return {
        "relative_gap": float(relative_gap),
        "max_iterations": _natural(max_iterations, "max_iterations"),
        "max_factor_rows": _natural(max_factor_rows, "max_factor_rows"),
        "time_limit": None if time_limit is None else float(time_limit),
    }


def method_options(
    p: float,
    lr: float,
    step: StepRule = "normalized",
    reach: float | None = None,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> MethodOptions:
    """A method of mirror descent."""
    return {
        "p": exponent(p),
        "lr": float(lr),
        "step": step,
        "reach": None if reach is None else float(reach),
        "momentum": float(momentum),
        "nesterov": bool(nesterov),
    }


def _natural(value: int, name: str) -> int:
    whole = operator.index(value)
    if whole < 0:
        raise ValueError(f"{name} = {whole} is out of range: it must not be negative")
    return whole
