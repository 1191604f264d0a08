"""The lp hard-margin SVM for every p from 1 to infinity, with proofs, and its classifier.

Examples
--------
>>> import numpy as np
>>> from mirrorhead.svm import max_margin
>>> points = np.array([[2.0, 1.0], [1.5, -0.5], [-1.0, -1.0]])
>>> labels = np.array([1, 1, -1])
>>> solution = max_margin(labels[:, None] * points, p=1.5)
>>> solution.support()
array([1, 2])
>>> solution.verify()  # once more, in exact arithmetic
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from mirrorhead import _native
from mirrorhead._arrays import Float1D, Int1D, exponent, rows, vector
from mirrorhead._options import solver_options
from mirrorhead._problems import Problem, Rows, RowsUnderEqualities
from mirrorhead._progress import Progress, ProgressLike, native_progress
from mirrorhead.errors import InconclusiveError, NotSeparableError, RefutedError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mirrorhead._lp_svc import LpSVC
    from mirrorhead._native import Found, Refutation

__all__ = [
    "InconclusiveError",
    "LpSVC",
    "NotSeparableError",
    "Progress",
    "RefutedError",
    "Solution",
    "margin_interval",
    "max_margin",
    "max_margin_path",
]


@dataclass(frozen=True, eq=False)
class Solution:
    """The direction of largest margin, with its proof.

    Attributes
    ----------
    w : ndarray of shape (n_columns,)
        The solution, scaled so that ``A @ w >= bounds`` with equality somewhere, up to the rounding of ``w`` itself.
    multipliers : ndarray of shape (n_rows,)
        One for each row, not negative; ``A.T @ multipliers`` is the mirror image of `w`.
    lower, upper : float
        Proven bounds on the largest margin ``1 / norm_p(w)``, rounded outward.
    p : float
        The exponent of the norm.
    iterations : int
        Interior-point iterations.
    stationarity : float
        How far `w` and the multipliers are from being mirror images.
    problem
        The constraints.
    remainder : str, optional
        What rounding takes from `w` and the multipliers, as JSON: part of the proof where nearly everything cancels, as between columns that are 24
        orders of magnitude apart in size. None elsewhere. Under equalities, the whole proof: the fractions that satisfy them exactly, and
        their multipliers.
    """

    w: Float1D
    multipliers: Float1D
    lower: float
    upper: float
    p: float
    iterations: int
    stationarity: float
    problem: Problem = field(repr=False)
    remainder: str | None = field(default=None, repr=False)

    @property
    def margin(self) -> float:
        """The middle of the proven bounds."""
        return 0.5 * (self.lower + self.upper)

    @property
    def relative_gap(self) -> float:
        """``(upper - lower) / upper``."""
        return (self.upper - self.lower) / self.upper

    def slacks(self) -> Float1D:
        """``A @ w - bounds``, one for each row."""
        return self.problem.slacks(self.w)

    def support(self, tolerance: float = 1e-6) -> Int1D:
        """The rows whose constraint is met by no more than `tolerance`, in increasing order."""
        return np.flatnonzero(self.slacks() <= tolerance).astype(np.int64)

    def verify(self) -> None:
        """Check the bounds against the data in exact arithmetic, by code that the solver has no part in.

        Raises
        ------
        RefutedError
            If `w` or the multipliers don't prove what is said.
        """
        pair, interval = (self.w, self.multipliers), (self.lower, self.upper)
        refutation = self.problem.refutation(self.p, pair, interval, self.remainder)
        if refutation is not None:
            raise RefutedError(refutation)

    def __repr__(self) -> str:
        return (
            f"Solution(p={self.p:g}, margin in [{self.lower!r}, {self.upper!r}], "
            f"relative gap {self.relative_gap:.1e}, {self.iterations} iterations)"
        )

    def _repr_html_(self) -> str:
        entries = {
            "p": f"{self.p:g}",
            "largest margin": f"{self.lower!r} to {self.upper!r}",
            "relative gap": f"{self.relative_gap:.1e}",
            "rows, columns": f"{len(self.multipliers)}, {len(self.w)}",
            "support": f"{len(self.support())} rows",
            "iterations": f"{self.iterations}",
        }
        return html_table("Largest margin", entries)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Show the sizes of the entries of `w`, the largest first.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to; by default a new figure.

        Returns
        -------
        matplotlib Axes
        """
        ax = ax if ax is not None else new_axes()
        ax.plot(-np.sort(-np.abs(self.w)), marker=".")
        ax.set(xlabel="entry, by size", ylabel="|w|", title=f"p = {self.p:g}")
        return ax


def max_margin(
    A: Any,
    p: float = 2.0,
    bounds: Any = None,
    *,
    equalities: Any = None,
    relative_gap: float = 1e-9,
    max_iterations: int = 500,
    max_factor_rows: int = 20_000,
    time_limit: float | None = None,
    start: Solution | tuple[Any, Any] | None = None,
    progress: ProgressLike = None,
) -> Solution:
    r"""Solve :math:`\min \lVert w\rVert_p` subject to :math:`A w \ge b` and, if asked for, :math:`E w = 0`, with a proof.

    Parameters
    ----------
    A : array or scipy sparse matrix of shape (n_rows, n_columns)
        The constraints; of a classification problem, each point times its label.
    p : float
        From 1 to infinity, both included.
    bounds : array of shape (n_rows,), optional
        The right-hand side, one entry of it positive. By default, ones.
    equalities : array or scipy sparse matrix of shape (n_equalities, n_columns), optional
        The rows of :math:`E`; they may depend on each other. `w` satisfies them to rounding, and the vector that the proof is of
        exactly.
    relative_gap : float
        How narrow the proven bounds on the margin must be.
    max_iterations, max_factor_rows, time_limit
        Limits: iterations, rows of a factored matrix, seconds.
    start : Solution or pair of arrays, optional
        A solution of a similar problem, or any ``(w, multipliers)``; not under equalities.
    progress : callable or tqdm-like bar, optional
        Told of a `Progress` about twenty times a second.

    Returns
    -------
    Solution

    Raises
    ------
    NotSeparableError
        If nothing satisfies the constraints; it carries the proof.
    InconclusiveError
        If neither could be proven within the limits and double precision.
    ValueError
        For data that make no sense.

    Examples
    --------
    >>> from mirrorhead.svm import max_margin
    >>> solution = max_margin([[3.0, 0.0], [0.0, 4.0]], p=1)
    >>> solution.w.round(6)
    array([0.333333, 0.25    ])

    The largest first entry where all three are equal:

    >>> cycle = [[1.0, -1.0, 0.0], [0.0, 1.0, -1.0], [-1.0, 0.0, 1.0]]
    >>> solution = max_margin([[1.0, 0.0, 0.0]], equalities=cycle)
    >>> solution.w.round(6)
    array([1., 1., 1.])
    >>> solution.verify()
    """
    b = None if bounds is None else vector(bounds, "bounds")
    options = solver_options(relative_gap, max_iterations, max_factor_rows, time_limit)
    watch = native_progress(progress, max_iterations, "lower", "upper")
    if equalities is not None:
        if start is not None:
            raise TypeError("no start can be given under equalities")
        problem = RowsUnderEqualities(_kept(A), b, _kept(equalities, "equalities"))
        of_rows = rows(A, "A"), rows(equalities, "equalities")
        found = _native.max_margin_under_equalities(*of_rows, exponent(p), b, options, watch)
        return solution_of(found, exponent(p), problem)
    pair = (start.w, start.multipliers) if isinstance(start, Solution) else start
    if pair is not None:
        try:
            w, multipliers = pair
        except (TypeError, ValueError):
            raise TypeError("start is a Solution or a pair of w and multipliers") from None
        pair = vector(w, "the start's w"), vector(multipliers, "the start's multipliers")
    found = _native.max_margin(
        rows(A, "A"),
        exponent(p),
        b,
        options,
        pair,
        watch,
    )
    return solution_of(found, exponent(p), Rows(_kept(A), b))


def max_margin_path(
    A: Any,
    exponents: Iterable[float],
    bounds: Any = None,
    *,
    relative_gap: float = 1e-9,
    max_iterations: int = 500,
    max_factor_rows: int = 20_000,
    progress: ProgressLike = None,
) -> list[Solution]:
    """Solve for each exponent, each from the solution of the last.

    Parameters
    ----------
    A, bounds, relative_gap, max_iterations, max_factor_rows, progress
        As those of `max_margin`.
    exponents : iterable of float
        The exponents, best in order: a solve saves the more the nearer the last is.

    Returns
    -------
    list of Solution

    Raises
    ------
    NotSeparableError, InconclusiveError, ValueError
        As `max_margin`.

    Examples
    --------
    >>> from mirrorhead.svm import max_margin_path
    >>> path = max_margin_path([[2.0, 1.0], [0.3, 1.0]], [2, 2.5, 3])
    >>> [solution.p for solution in path]
    [2.0, 2.5, 3.0]
    """
    b = None if bounds is None else vector(bounds, "bounds")
    ps = [exponent(p) for p in exponents]
    found = _native.max_margin_path(
        rows(A, "A"),
        ps,
        b,
        solver_options(relative_gap, max_iterations, max_factor_rows),
        native_progress(progress, None, "lower", "upper"),
    )
    problem = Rows(_kept(A), b)
    return [solution_of(each, p, problem) for each, p in zip(found, ps, strict=True)]


def margin_interval(
    A: Any, p: float, w: Any, multipliers: Any, bounds: Any = None
) -> tuple[float, float]:
    """Return what any `w` and any `multipliers` prove of the largest margin, rounded outward.

    Parameters
    ----------
    A, p, bounds
        The problem, as in `max_margin`.
    w : array of shape (n_columns,)
        Proves the lower bound.
    multipliers : array of shape (n_rows,)
        Not negative; they prove the upper bound.

    Returns
    -------
    lower, upper : float

    Examples
    --------
    >>> from mirrorhead.svm import margin_interval
    >>> lower, upper = margin_interval([[3.0, 0.0], [0.0, 4.0]], 2, [4, 3], [16, 9])
    >>> round(lower, 12), round(upper, 12)
    (2.4, 2.4)
    """
    b = None if bounds is None else vector(bounds, "bounds")
    pair = vector(w, "w"), vector(multipliers, "multipliers")
    return _native.margin_interval(rows(A, "A"), exponent(p), b, *pair)


def solution_of(found: Found | Refutation, p: float, problem: Problem) -> Solution:
    """A solution, or the exception that there is instead."""
    if "farkas" in found:
        raise not_separable(found, problem)
    if found["stalled"] is not None:
        raise inconclusive(found)
    return Solution(
        w=found["w"],
        multipliers=found["multipliers"],
        lower=found["lower"],
        upper=found["upper"],
        p=p,
        iterations=found["iterations"],
        stationarity=found["stationarity"] or 0.0,
        problem=problem,
        remainder=found["remainder"],
    )


def _kept(A: Any, name: str = "A") -> Any:
    """The rows as they are kept: later changes of an array are none of theirs."""
    return A.copy() if hasattr(A, "tocsr") else np.array(rows(A, name))


def not_separable(found: Refutation, problem: Problem) -> NotSeparableError:
    """The exception for a proof that nothing satisfies the constraints."""
    return NotSeparableError(found["message"], found["farkas"], found["certificate"], problem)


def inconclusive(found: Found) -> InconclusiveError:
    """The exception for a solve that proved nothing."""
    pair = found["w"], found["multipliers"]
    interval = found["lower"], found["upper"]
    return InconclusiveError(found["message"], *pair, *interval, found["stalled"] or "")


def html_table(title: str, entries: dict[str, str]) -> str:
    """A small table for notebooks."""
    body = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in entries.items()
    )
    return f"<table><caption>{escape(title)}</caption>{body}</table>"


def new_axes() -> Axes:
    """Axes of a new figure."""
    from matplotlib import pyplot

    return pyplot.subplots()[1]


def __getattr__(name: str) -> Any:
    # scikit-learn is loaded by those who use it.
    if name == "LpSVC":
        from mirrorhead._lp_svc import LpSVC

        return LpSVC
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
