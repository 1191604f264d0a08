"""Keyword arguments that many functions share, as the extension module takes them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias

from mirrorhead._arrays import exponent, natural

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
        "max_iterations": natural(max_iterations, "max_iterations"),
        "max_factor_rows": natural(max_factor_rows, "max_factor_rows"),
        "time_limit": None if time_limit is None or time_limit == math.inf else float(time_limit),
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
        "step": str(step),
        "reach": None if reach is None else float(reach),
        "momentum": float(momentum),
        "nesterov": bool(nesterov),
    }


def weight(value: float, name: str) -> float:
    """An attention weight from which a token counts as selected."""
    if not 0.0 < value <= 1.0:
        raise ValueError(f"{name} = {value} is out of range: it must be above 0, and at most 1")
    return float(value)
