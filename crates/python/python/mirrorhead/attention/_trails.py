"""Mirror flow and regularization path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mirrorhead import _native
from mirrorhead._arrays import Float1D, Float2D, exponent, finite_vector, floats, natural
from mirrorhead._progress import ProgressLike, native_progress
from mirrorhead.attention._dataset import Dataset, checked, starts_of
from mirrorhead.attention._training import Loss
from mirrorhead.mirror import directional_bregman
from mirrorhead.svm import html_table, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class FlowPoint:
    """The flow at one log-time.

    Attributes
    ----------
    log_time : float
        The logarithm of time; time is the step size times the number of steps.
    parameters : tuple of ndarray
        The tensors.
    risk : float
        The risk there.
    """

    log_time: float
    parameters: tuple[Float2D, ...] = field(repr=False)
    risk: float

    @property
    def key_query(self) -> Float2D:
        """The matrix W."""
        return self.parameters[0]


@dataclass(frozen=True, eq=False)
class Flow:
    """A mirror flow, as far as it came.

    Attributes
    ----------
    points : list of FlowPoint
        One for each log-time reached.
    stop : str
        ``'reached'``, ``'max_steps'`` or ``'stalled'``.
    steps : int
        Steps of the integrator.
    """

    points: list[FlowPoint]
    stop: str
    steps: int
    p: float

    def __repr__(self) -> str:
        last = f", log-time {self.points[-1].log_time:g}" if self.points else ""
        return f"Flow({len(self.points)} points{last}, {self.stop}, {self.steps} steps)"

    def _repr_html_(self) -> str:
        entries = {"points": str(len(self.points)), "ended": self.stop, "steps": str(self.steps)}
        return html_table(f"Mirror flow, p = {self.p:g}", entries)

    def plot(self, ax: Axes | None = None, *, target: Any = None) -> Axes:
        """Show the risk over log-time, or the divergence from a target's direction.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to; by default a new figure.
        target : array of shape (d, d), optional
            A max-margin solution.

        Returns
        -------
        matplotlib Axes
        """
        ax = ax if ax is not None else new_axes()
        times = [point.log_time for point in self.points]
        _plot(ax, times, self.points, target, self.p)
        ax.set(xlabel="log-time")
        return ax


@dataclass(frozen=True, eq=False)
class PathPoint:
    """A point of a regularization path.

    Attributes
    ----------
    radii : ndarray
        The norm of every tensor.
    parameters : tuple of ndarray
        The tensors.
    risk : float
        The risk there.
    log_gradients : ndarray
        The logarithm of the rate at which the risk falls with each radius.
    residuals : ndarray
        The optimality residual of each tensor: zero at a minimizer.
    """

    radii: Float1D
    parameters: tuple[Float2D, ...] = field(repr=False)
    risk: float
    log_gradients: Float1D = field(repr=False)
    residuals: Float1D = field(repr=False)

    @property
    def key_query(self) -> Float2D:
        """The matrix W."""
        return self.parameters[0]


@dataclass(frozen=True, eq=False)
class RegularizationPath:
    """A regularization path, as far as it came.

    Attributes
    ----------
    points : list of PathPoint
        One for each of the radii reached.
    stop : str
        ``'reached'`` or ``'stalled'``.
    newton_iterations : int
        What it cost.
    """

    points: list[PathPoint]
    stop: str
    newton_iterations: int
    p: float

    def __repr__(self) -> str:
        last = f", radius {self.points[-1].radii[0]:g}" if self.points else ""
        return f"RegularizationPath({len(self.points)} points{last}, {self.stop})"

    def _repr_html_(self) -> str:
        entries = {
            "points": str(len(self.points)),
            "ended": self.stop,
            "largest residual": f"{max((max(x.residuals) for x in self.points), default=0.0):.1e}",
        }
        return html_table(f"Regularization path, p = {self.p:g}", entries)

    def plot(self, ax: Axes | None = None, *, target: Any = None) -> Axes:
        """Show the risk over the radius, or the divergence from a target's direction.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to; by default a new figure.
        target : array of shape (d, d), optional
            A max-margin solution.

        Returns
        -------
        matplotlib Axes
        """
        ax = ax if ax is not None else new_axes()
        radii = [float(point.radii[0]) for point in self.points]
        _plot(ax, radii, self.points, target, self.p)
        ax.set(xlabel="radius", xscale="log")
        return ax


def mirror_flow(
    data: Dataset,
    decoder: Any,
    p: float,
    log_times: Iterable[float],
    *,
    start: Any = None,
    log_start: float = 0.0,
    loss: Loss = "logistic",
    tolerance: float = 1e-7,
    max_steps: int = 100_000,
    progress: ProgressLike = None,
) -> Flow:
    """Follow the limit of small steps in the logarithm of time, to any of them: log k = 2,300 is k = 1e1000.

    Parameters
    ----------
    data : Dataset
    decoder : array of shape (d,) or None
        The decoder; without one it moves too, as in ℓp-JointGD.
    p : float
        Greater than 1.
    log_times : iterable of float
        Where the flow is to be seen, in increasing order.
    start : array of shape (d, d), optional
        Or a pair of it and an array of shape (d,). By default zero.
    log_start : float
        The log-time of the start.
    loss : {'logistic', 'exponential', 'correlation'}
    tolerance : float
        The local error of a step.
    max_steps : int
        Most steps.
    progress : callable or tqdm-like bar, optional
        Told of the log-time and of the points reached about twenty times a second. What it raises ends the flow.

    Returns
    -------
    Flow

    Examples
    --------
    >>> from mirrorhead import attention
    >>> data, decoder = attention.sphere_tokens(3, 4, 3, seed=1)
    >>> start = attention.gaussian_matrix(3, 3, seed=1)
    >>> attention.mirror_flow(data, decoder, 3.0, [230.0, 2_300.0], start=start).stop
    'reached'
    """
    shapes = _shapes(checked(data).dim, decoder)
    points, stop, steps = _native.mirror_flow(
        checked(data).native,
        None if decoder is None else finite_vector(decoder, "decoder"),
        starts_of(start, shapes),
        loss,
        exponent(p),
        float(log_start),
        [float(t) for t in log_times],
        float(tolerance),
        natural(max_steps, "max_steps"),
        native_progress(progress, natural(max_steps, "max_steps"), "log_time", "points"),
    )
    seen = [
        FlowPoint(each["log_time"] or 0.0, tuple(each["parameters"]), each["risk"])
        for each in points
    ]
    return Flow(seen, stop, steps, exponent(p))


def regularization_path(
    data: Dataset,
    decoder: Any,
    p: float,
    radii: Any,
    *,
    start: Any = None,
    loss: Loss = "logistic",
    tolerance: float = 1e-9,
    progress: ProgressLike = None,
) -> RegularizationPath:
    """Follow the least risk under norm constraints, as they are loosened.

    Parameters
    ----------
    data : Dataset
    decoder : array of shape (d,) or None
        The decoder; without one it is constrained too, as in ℓp-JointGD.
    p : float
        Greater than 1.
    radii : array of shape (n_points,) or (n_points, n_tensors)
        The norms, of all tensors or of each.
    start : array of shape (d, d), optional
        Where to descend from at the first radius. By default zero.
    loss : {'logistic', 'exponential', 'correlation'}
    tolerance : float
        The largest optimality residual.
    progress : callable or tqdm-like bar, optional
        Told of the points found, of the radius of the next, and of Newton's iterations about twenty times a second. What
        it raises ends the path.

    Returns
    -------
    RegularizationPath

    Examples
    --------
    >>> from mirrorhead import attention
    >>> data, decoder = attention.sphere_tokens(3, 4, 3, seed=1)
    >>> path = attention.regularization_path(data, decoder, 3.0, [1.0, 10.0, 1e4])
    >>> bool(max(point.residuals[0] for point in path.points) < 1e-9)
    True
    """
    shapes = _shapes(checked(data).dim, decoder)
    table = floats(radii, "radii")
    if table.ndim not in (1, 2):
        raise ValueError(f"radii: expected a vector or a matrix, found an array of shape {table.shape}")
    if table.ndim == 1:
        table = np.repeat(table[:, None], len(shapes), axis=1)
    points, stop, iterations = _native.regularization_path(
        checked(data).native,
        None if decoder is None else finite_vector(decoder, "decoder"),
        starts_of(start, shapes),
        loss,
        exponent(p),
        table.tolist(),
        float(tolerance),
        native_progress(progress, len(table), "radius", "newton_iterations"),
    )
    nothing = np.zeros(0)
    seen = [
        PathPoint(
            radii=each["radii"] if each["radii"] is not None else nothing,
            parameters=tuple(each["parameters"]),
            risk=each["risk"],
            log_gradients=each["log_gradients"] if each["log_gradients"] is not None else nothing,
            residuals=each["residuals"] if each["residuals"] is not None else nothing,
        )
        for each in points
    ]
    return RegularizationPath(seen, stop, iterations, exponent(p))


def _shapes(dim: int, decoder: Any) -> list[tuple[int, int]]:
    return [(dim, dim)] if decoder is not None else [(dim, dim), (dim, 1)]


def _plot(
    ax: Axes, x: list[float], points: list[FlowPoint] | list[PathPoint], target: Any, p: float
) -> None:
    if target is None:
        ax.plot(x, [point.risk for point in points], marker=".")
        ax.set(ylabel="risk")
    else:
        ax.plot(x, [directional_bregman(target, point.key_query, p) for point in points], marker=".")
        ax.set(ylabel="divergence from the max-margin direction", yscale="log")
