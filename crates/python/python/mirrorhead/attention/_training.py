"""Training runs: ℓp-AttGD, ℓp-JointGD and the factored head."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from mirrorhead import _native
from mirrorhead._arrays import Float1D, Float2D, Int1D, finite_vector, natural
from mirrorhead._options import StepRule, method_options
from mirrorhead._progress import ProgressLike, native_progress
from mirrorhead.attention._dataset import Dataset, checked, starts_of
from mirrorhead.svm import html_table, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mirrorhead._native import MethodOptions, RunOptions

#: The loss of a margin.
Loss: TypeAlias = Literal["logistic", "exponential", "correlation"]


@dataclass(frozen=True, eq=False)
class Training:
    """A run that has ended.

    Attributes
    ----------
    parameters : tuple of ndarray
        The tensors after the last step.
    risk : float
        The risk there.
    iterations : int
        Steps taken.
    reason : str
        Why it ended: ``'max_iters'``, ``'risk_reached'``, ``'gradient_reached'`` or ``'stationary'``.
    trace_iterations, trace_risks, trace_log_gradients : ndarray
        The risk, and the logarithm of the largest entry of the gradient, along the run.
    snapshots : dict of int to tuple of ndarray
        The tensors at the iterations asked for.
    """

    parameters: tuple[Float2D, ...]
    risk: float
    iterations: int
    reason: str
    trace_iterations: Int1D = field(repr=False)
    trace_risks: Float1D = field(repr=False)
    trace_log_gradients: Float1D = field(repr=False)
    snapshots: dict[int, tuple[Float2D, ...]] = field(repr=False)
    factored: bool = field(default=False, repr=False)

    @property
    def key_query(self) -> Float2D:
        """The matrix W; of a factored head, ``K @ Q.T``."""
        if self.factored:
            keys, queries = self.parameters
            return keys @ queries.T
        return self.parameters[0]

    @property
    def decoder(self) -> Float1D:
        """The decoder of a joint run."""
        if self.factored or len(self.parameters) != 2:
            raise AttributeError("the decoder of this run was fixed")
        return self.parameters[1][:, 0]

    def __repr__(self) -> str:
        shapes = ", ".join("x".join(map(str, tensor.shape)) for tensor in self.parameters)
        return (
            f"Training({shapes}, risk={self.risk:.6g}, iterations={self.iterations}, "
            f"reason={self.reason!r})"
        )

    def _repr_html_(self) -> str:
        entries = {
            "risk": f"{self.risk:.6g}",
            "iterations": f"{self.iterations}",
            "ended": self.reason.replace("_", " "),
            "tensors": ", ".join(str(tensor.shape) for tensor in self.parameters),
        }
        return html_table("Training", entries)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Show the risk along the run.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to; by default a new figure.

        Returns
        -------
        matplotlib Axes
        """
        ax = ax if ax is not None else new_axes()
        ax.plot(np.maximum(self.trace_iterations, 1), self.trace_risks)
        ax.set(xscale="log", yscale="log", xlabel="iteration", ylabel="risk")
        return ax


def log_spaced(last: int, per_decade: int = 10) -> list[int]:
    """Return about `per_decade` iterations a decade up to `last`, 0 and `last` included.

    Parameters
    ----------
    last : int
    per_decade : int

    Returns
    -------
    list of int

    Examples
    --------
    >>> from mirrorhead.attention import log_spaced
    >>> log_spaced(100, 3)
    [0, 1, 2, 5, 10, 22, 46, 100]
    """
    last = natural(last, "last")
    steps = range(math.ceil(math.log10(max(last, 1)) * per_decade) + 1)
    spaced = {round(10 ** (step / per_decade)) for step in steps}
    return sorted({0, last} | {k for k in spaced if k < last})


def train(
    data: Dataset,
    decoder: Any,
    p: float = 2.0,
    *,
    lr: float = 0.1,
    start: Any = None,
    step: StepRule = "normalized",
    reach: float | None = None,
    momentum: float = 0.0,
    nesterov: bool = False,
    loss: Loss = "logistic",
    max_iters: int = 1_000,
    risk_below: float | None = None,
    log_gradient_below: float | None = None,
    snapshots: Iterable[int] = (),
    progress: ProgressLike = None,
) -> Training:
    """Train the key-query matrix by mirror descent, the decoder fixed: ℓp-AttGD.

    Gradients carry their scale apart, so that a normalized step never freezes, however saturated attention is.

    Parameters
    ----------
    data : Dataset
    decoder : array of shape (d,)
        The decoder v.
    p : float
        Greater than 1; 2 is gradient descent.
    lr : float
        The length of the steps.
    start : array of shape (d, d), optional
        By default zero.
    step : {'normalized', 'globally_normalized', 'constant'}
        Whether gradients are divided by their dual norm.
    reach : float, optional
        Shortens normalized steps that would move the matrix farther than this.
    momentum : float
        Of the heavy ball, or Nesterov's.
    nesterov : bool
        Which of the two.
    loss : {'logistic', 'exponential', 'correlation'}
    max_iters : int
        Most steps.
    risk_below, log_gradient_below : float, optional
        Where to stop before.
    snapshots : iterable of int
        Iterations at which the matrix is kept; `log_spaced` makes some.
    progress : callable or tqdm-like bar, optional
        Told of the risk about twenty times a second.

    Returns
    -------
    Training

    Raises
    ------
    ValueError
        For what makes no sense.
    OverflowError
        If a step leaves the range of doubles.

    Examples
    --------
    >>> from mirrorhead import attention
    >>> data, decoder = attention.sphere_tokens(6, 8, 10, seed=1)
    >>> trained = attention.train(data, decoder, p=1.75, max_iters=200)
    >>> bool(trained.risk < trained.trace_risks[0])
    True
    """
    starts = starts_of(start, [(checked(data).dim, checked(data).dim)])
    method = method_options(p, lr, step, reach, momentum, nesterov)
    options = run_options(max_iters, risk_below, log_gradient_below, snapshots)
    return _trained(data, finite_vector(decoder, "decoder"), starts, loss, method, options, progress)


def train_joint(
    data: Dataset,
    p: float = 2.0,
    *,
    lr: float = 0.1,
    start: Any = None,
    step: StepRule = "normalized",
    momentum: float = 0.0,
    nesterov: bool = False,
    loss: Loss = "logistic",
    max_iters: int = 1_000,
    risk_below: float | None = None,
    snapshots: Iterable[int] = (),
    progress: ProgressLike = None,
) -> Training:
    """Train key-query matrix and decoder together: ℓp-JointGD.

    Parameters
    ----------
    data : Dataset
    start : pair of arrays of shapes (d, d) and (d,), optional
        By default zeros.
    p, lr, step, momentum, nesterov, loss, max_iters, risk_below, snapshots, progress
        As those of `train`.

    Returns
    -------
    Training
        Its parameters are W and v.

    Examples
    --------
    >>> from mirrorhead.attention import toy_pair, train_joint
    >>> train_joint(toy_pair(), p=3.0, max_iters=100).decoder.shape
    (2,)
    """
    starts = starts_of(start, [(checked(data).dim, checked(data).dim), (checked(data).dim, 1)])
    method = method_options(p, lr, step, None, momentum, nesterov)
    options = run_options(max_iters, risk_below, None, snapshots)
    return _trained(data, None, starts, loss, method, options, progress)


def train_factored(
    data: Dataset,
    decoder: Any,
    p: float = 2.0,
    *,
    start: Any,
    lr: float = 0.1,
    step: StepRule = "globally_normalized",
    momentum: float = 0.0,
    nesterov: bool = False,
    loss: Loss = "logistic",
    max_iters: int = 1_000,
    risk_below: float | None = None,
    snapshots: Iterable[int] = (),
    progress: ProgressLike = None,
) -> Training:
    """Train the factors of ``W = K Q'``, the decoder fixed.

    Parameters
    ----------
    data : Dataset
    decoder : array of shape (d,)
    start : pair of arrays of shape (d, m)
        K and Q to start from. Zeros would stay zeros.
    p, lr, step, momentum, nesterov, loss, max_iters, risk_below, snapshots, progress
        As those of `train`.

    Returns
    -------
    Training
        Its parameters are K and Q.

    Examples
    --------
    >>> from mirrorhead import attention
    >>> data, decoder = attention.sphere_tokens(4, 5, 6, seed=1)
    >>> start = [attention.gaussian_matrix(6, 2, seed=k) for k in (1, 2)]
    >>> attention.train_factored(data, decoder, start=start, max_iters=10).key_query.shape
    (6, 6)
    """
    if start is None:
        raise TypeError("start is a pair of arrays of shape (d, m): zeros would stay zeros")
    starts = starts_of(start, [(checked(data).dim, 1)] * 2)
    method = method_options(p, lr, step, None, momentum, nesterov)
    options = run_options(max_iters, risk_below, None, snapshots)
    decoder = finite_vector(decoder, "decoder")
    return _trained(data, decoder, starts, loss, method, options, progress, factored=True)


def run_options(
    max_iters: int,
    risk_below: float | None,
    log_gradient_below: float | None,
    snapshots: Iterable[int],
) -> RunOptions:
    """When a run ends, and what is kept of it."""
    return {
        "max_iters": natural(max_iters, "max_iters"),
        "risk_below": _bound(risk_below, "risk_below"),
        "log_gradient_below": _bound(log_gradient_below, "log_gradient_below"),
        "trace": log_spaced(max_iters, 20),
        "snapshots": sorted({natural(k, "an iteration of a snapshot") for k in snapshots}),
    }


def _bound(value: float | None, name: str) -> float | None:
    if value is not None and math.isnan(value):
        raise ValueError(f"{name} is nan: nothing is below it")
    return None if value is None else float(value)


def _trained(
    data: Dataset,
    decoder: Float1D | None,
    starts: list[Float2D],
    loss: Loss,
    method: MethodOptions,
    options: RunOptions,
    progress: ProgressLike,
    factored: bool = False,
) -> Training:
    told = native_progress(progress, options["max_iters"], "risk", "log_gradient")
    run = _native.train(checked(data).native, decoder, starts, loss, method, options, told)
    return Training(
        parameters=tuple(run["parameters"]),
        risk=run["risk"],
        iterations=run["iterations"],
        reason=run["reason"],
        trace_iterations=np.asarray(run["trace_iterations"], dtype=np.int64),
        trace_risks=run["trace_risks"],
        trace_log_gradients=run["trace_log_gradients"],
        snapshots={k: tuple(tensors) for k, tensors in run["snapshots"]},
        factored=factored,
    )
