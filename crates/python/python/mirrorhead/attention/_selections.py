"""All selections of small data, and those that training from many starts ends at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mirrorhead import _native
from mirrorhead._arrays import Float2D, exponent, finite_vector, matrix, natural
from mirrorhead._options import StepRule, method_options, solver_options, weight
from mirrorhead._problems import AttSvm
from mirrorhead._progress import ProgressLike, native_progress
from mirrorhead.attention._certification import Certification, certify_selection
from mirrorhead.attention._dataset import Dataset, checked, gaussian_matrix
from mirrorhead.attention._training import Loss, run_options
from mirrorhead.svm import Solution, html_table, new_axes, solution_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Selection = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class EnumeratedSelection:
    """A separable selection.

    Attributes
    ----------
    selection : tuple of int
        One token of each sequence.
    optimality : str
        ``'global'``, ``'local'``, ``'tied'``, ``'not_optimal'`` or ``'undecided'``.
    solution : Solution
        The solution of its AttSVM.
    """

    selection: Selection
    optimality: str
    solution: Solution = field(repr=False)


@dataclass(frozen=True, eq=False)
class Enumeration:
    """All selections of a data set, in lexicographic order.

    Attributes
    ----------
    total : int
        Their number.
    separable : list of EnumeratedSelection
        Those whose AttSVM is solved.
    inconclusive : list of tuple of int
        Those for which neither a solution nor a proof that there is none was found.
    """

    total: int
    separable: list[EnumeratedSelection]
    inconclusive: list[Selection]

    @property
    def locally_optimal(self) -> list[EnumeratedSelection]:
        """Those that are proven to be locally optimal, the global optimum among them."""
        return [each for each in self.separable if each.optimality in ("global", "local")]

    def __repr__(self) -> str:
        return (
            f"Enumeration({self.total} selections, {len(self.separable)} separable, "
            f"{len(self.locally_optimal)} locally optimal)"
        )

    def _repr_html_(self) -> str:
        rows = {
            str(list(each.selection)): f"{each.optimality}, margin {each.solution.margin:.6g}"
            for each in self.locally_optimal
        }
        return html_table(repr(self), rows)


@dataclass(frozen=True, eq=False)
class Basins:
    """Where training from many starts ended.

    Attributes
    ----------
    counts : dict of tuple of int to int
        How many runs ended at each selection, the most frequent first.
    unsaturated : int
        How many ended at none.
    selections : list of tuple of int or None
        The end of each run.
    key_queries : list of ndarray
        Its matrix.
    certifications : dict of tuple of int to Certification
        What is proven of each selection.
    """

    counts: dict[Selection, int]
    unsaturated: int
    selections: list[Selection | None] = field(repr=False)
    key_queries: list[Float2D] = field(repr=False)
    certifications: dict[Selection, Certification] = field(repr=False)

    def __repr__(self) -> str:
        return (
            f"Basins({len(self.selections)} starts, {len(self.counts)} selections, "
            f"{self.unsaturated} unsaturated)"
        )

    def _repr_html_(self) -> str:
        rows = {
            str(list(selection)): f"{count} runs, {self.certifications[selection].optimality}"
            for selection, count in self.counts.items()
        }
        return html_table(repr(self), rows)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Show how many runs ended at each selection.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to; by default a new figure.

        Returns
        -------
        matplotlib Axes
        """
        ax = ax if ax is not None else new_axes()
        names = ["-".join(map(str, selection)) for selection in self.counts]
        colours = [
            "C0" if self.certifications[selection].is_locally_optimal else "C3"
            for selection in self.counts
        ]
        ax.bar(names, list(self.counts.values()), color=colours)
        ax.set(ylabel="runs", title="blue: proven to be locally optimal")
        ax.tick_params(axis="x", rotation=90)
        return ax


def enumerate_selections(
    data: Dataset,
    decoder: Any,
    p: float,
    *,
    max_selections: int = 100_000,
    relative_gap: float = 1e-12,
    max_iterations: int = 500,
    progress: ProgressLike = None,
) -> Enumeration:
    """Solve the AttSVM of every selection and classify each under the scores of the decoder.

    Parameters
    ----------
    data : Dataset
    decoder : array of shape (d,)
    p : float
        From 1 to infinity.
    max_selections : int
        The most that are to be looked at.
    relative_gap, max_iterations, progress
        Of each solve, as in `mirrorhead.svm.max_margin`.

    Returns
    -------
    Enumeration

    Examples
    --------
    >>> from mirrorhead.attention import enumerate_selections, toy_pair
    >>> enumerate_selections(toy_pair(), [1.0, 0.0], p=2.0)
    Enumeration(9 selections, 9 separable, 1 locally optimal)
    """
    told = native_progress(progress, None, "lower", "upper")
    options = solver_options(relative_gap, max_iterations)
    found = _native.enumerate_selections(
        checked(data).native, finite_vector(decoder, "decoder"), exponent(p), natural(max_selections, "max_selections"), options, told
    )
    separable = [
        EnumeratedSelection(
            tuple(tokens), optimality, solution_of(solved, exponent(p), AttSvm(data, tokens))
        )
        for tokens, optimality, solved in found["separable"]
    ]
    inconclusive = [tuple(tokens) for tokens in found["inconclusive"]]
    return Enumeration(found["total"], separable, inconclusive)


def basins(
    data: Dataset,
    decoder: Any,
    p: float,
    n_starts: int = 100,
    *,
    starts: Iterable[Any] | None = None,
    scale: float = 1.0,
    seed: int = 0,
    lr: float = 0.1,
    step: StepRule = "normalized",
    reach: float | None = None,
    loss: Loss = "logistic",
    max_iters: int = 2_000,
    saturated: float = 0.99,
    progress: ProgressLike = None,
) -> Basins:
    """Train from many starts, and see which selections attract.

    Parameters
    ----------
    data : Dataset
    decoder : array of shape (d,)
    p : float
        Greater than 1.
    n_starts : int
        Number of Gaussian starts, of seeds from `seed` on.
    starts : iterable of arrays of shape (d, d), optional
        Starts in place of these.
    scale : float
        The standard deviation of the entries of a start.
    seed : int
    lr, step, reach, loss, max_iters
        As those of `train`.
    saturated : float
        The attention weight from which a token counts as selected.
    progress : callable or tqdm-like bar, optional
        Told of the runs that have ended.

    Returns
    -------
    Basins

    Examples
    --------
    >>> from mirrorhead.attention import basins, toy_pair
    >>> found = basins(toy_pair(), [1.0, 0.0], p=2.0, n_starts=20)
    >>> sum(found.counts.values()) + found.unsaturated
    20
    """
    dim = checked(data).dim
    points = (
        [
            scale * gaussian_matrix(dim, dim, seed=seed + k)
            for k in range(natural(n_starts, "n_starts"))
        ]
        if starts is None
        else [matrix(start, "a start") for start in starts]
    )
    decoder = finite_vector(decoder, "decoder")
    ends = _native.basins(
        checked(data).native,
        decoder,
        points,
        loss,
        method_options(p, lr, step, reach),
        run_options(max_iters, None, None, ()),
        weight(saturated, "saturated"),
        native_progress(progress, len(points), "risk", None),
    )
    selections = [None if tokens is None else tuple(tokens) for tokens, _, _ in ends]
    counts: dict[Selection, int] = {}
    for selection in selections:
        if selection is not None:
            counts[selection] = counts.get(selection, 0) + 1
    counts = dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))
    certifications = {
        selection: certify_selection(data, decoder, selection, p) for selection in counts
    }
    return Basins(counts, selections.count(None), selections, [end[1] for end in ends], certifications)
