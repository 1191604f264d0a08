"""From weights, or a selection, to what is proven of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from mirrorhead import _native
from mirrorhead._arrays import Float2D, exponent, finite_vector, matrix, selection_of
from mirrorhead._options import solver_options, weight
from mirrorhead._problems import AttSvm, Rows
from mirrorhead._progress import ProgressLike, native_progress
from mirrorhead.attention._dataset import Dataset, attention_weights, checked
from mirrorhead.errors import NotSeparableError
from mirrorhead.svm import Solution, html_table, new_axes, not_separable, solution_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mirrorhead._native import Certified

#: A norm of the entries of W, or of its singular values.
NormOf: TypeAlias = Literal["entries", "singular_values"]


@dataclass(frozen=True, eq=False)
class Certification:
    """What is known of a selection.

    Attributes
    ----------
    status : str
        ``'certified'``; ``'tied'`` where attention is saturated on sets of tokens that tie in score; or
        ``'not_saturated'``, ``'not_separable'``, ``'inconclusive'``.
    selection : list of int or None
        One token of each sequence.
    solution : Solution or None
        The AttSVM of the selection, with its proof.
    key_query : ndarray of shape (d, d) or None
        Its solution, as a matrix.
    support_tokens : list of list of int or None
        The tokens of each sequence whose constraint is active.
    optimality : str or None
        ``'global'``, ``'local'`` (proven), ``'tied'``, ``'not_optimal'`` (proven) or ``'undecided'``.
    rivals : list of tuple
        Sequence, token, whether it ties, and what is proven of it: all tokens that could refute local optimality.
    divergence : float or None
        The directional Bregman divergence of the trained matrix from the solution: 0 aligned, 2 opposed.
    margin_share : float or None
        Its margin as a part of the certified one.
    sets : list of list of int or None
        Where tokens tie, the sets that attract instead.
    proof : NotSeparableError or None
        Why there is no solution, if that is proven.
    message : str
        All of it as a sentence.
    """

    status: str
    message: str
    p: float
    selection: list[int] | None = None
    solution: Solution | None = None
    key_query: Float2D | None = field(default=None, repr=False)
    support_tokens: list[list[int]] | None = None
    optimality: str | None = None
    rivals: list[tuple[int, int, bool, str]] = field(default_factory=list, repr=False)
    sets: list[list[int]] | None = None
    attracts: bool | None = None
    divergence: float | None = None
    margin_share: float | None = None
    divergence_to_tied: float | None = None
    proof: NotSeparableError | None = field(default=None, repr=False)
    weights: list[Any] | None = field(default=None, repr=False)

    @property
    def is_locally_optimal(self) -> bool:
        """Whether the selection is proven to be locally optimal."""
        return self.optimality in ("global", "local")

    def __repr__(self) -> str:
        return f"Certification({self.status}: {self.message})"

    def _repr_html_(self) -> str:
        entries = {"status": self.status.replace("_", " ")}
        if self.selection is not None:
            entries["selection"] = str(self.selection)
        if self.optimality is not None:
            entries["optimality"] = self.optimality.replace("_", " ")
        if self.solution is not None:
            entries["largest margin"] = f"{self.solution.lower!r} to {self.solution.upper!r}"
        if self.divergence is not None and self.margin_share is not None:
            entries["divergence"] = f"{self.divergence:.2e}"
            entries["share of the margin"] = f"{self.margin_share:.4f}"
        return html_table(f"Attention selection, p = {self.p:g}", entries)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Show the trained attention weights, or the solution where nothing was trained, as an image.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to; by default a new figure.

        Returns
        -------
        matplotlib Axes
        """
        ax = ax if ax is not None else new_axes()
        if self.weights is not None:
            widest = max(len(weights) for weights in self.weights)
            image = np.full((len(self.weights), widest), np.nan)
            for row, weights in zip(image, self.weights, strict=True):
                row[: len(weights)] = weights
            ax.imshow(image, vmin=0.0, vmax=1.0, aspect="auto")
            ax.set(xlabel="token", ylabel="sequence", title="attention")
        elif self.key_query is not None:
            ax.imshow(self.key_query, aspect="auto")
            ax.set(title=f"AttSVM solution, p = {self.p:g}")
        return ax


def certify(
    data: Dataset,
    decoder: Any,
    key_query: Any,
    p: float,
    *,
    saturated: float = 0.99,
    relative_gap: float = 1e-12,
    max_iterations: int = 500,
    progress: ProgressLike = None,
) -> Certification:
    """Find the selection that attention is saturated on, and prove what can be proven of it.

    Parameters
    ----------
    data : Dataset
    decoder : array of shape (d,)
    key_query : array of shape (d, d)
        The trained matrix, in any library's array.
    p : float
        The geometry that it was trained in, greater than 1.
    saturated : float
        The attention weight from which a token counts as selected.
    relative_gap : float
        How narrow proven bounds on margins are to be; 1e-9 will do where this can't be had.
    max_iterations : int
        Most iterations of a solve.
    progress : callable or tqdm-like bar, optional

    Returns
    -------
    Certification

    Examples
    --------
    >>> from mirrorhead import attention
    >>> data, decoder = attention.sphere_tokens(4, 5, 6, seed=1)
    >>> trained = attention.train(data, decoder, p=3.0, max_iters=2_000)
    >>> attention.certify(data, decoder, trained.key_query, p=3.0).status
    'certified'
    """
    key_query = matrix(key_query, "key_query")
    options = solver_options(relative_gap, max_iterations)
    told = native_progress(progress, max_iterations, "lower", "upper")
    threshold = weight(saturated, "saturated")
    found = _native.certify(
        checked(data).native, finite_vector(decoder, "decoder"), key_query, exponent(p), threshold, options, told
    )
    return _certification(data, found, p, attention_weights(data, key_query))


def certify_selection(
    data: Dataset,
    decoder: Any,
    selection: Any,
    p: float,
    *,
    norm_of: NormOf = "entries",
    relative_gap: float = 1e-12,
    max_iterations: int = 500,
    progress: ProgressLike = None,
) -> Certification:
    """Prove what can be proven of a selection, without training.

    Parameters
    ----------
    data : Dataset
    decoder : array of shape (d,)
    selection : sequence of int
        One token of each sequence, counted from 0.
    p : float
        From 1 to infinity.
    norm_of : {'entries', 'singular_values'}
        What the norm is of: with singular values and ``p=1`` it is the nuclear norm, the bias of factored heads.
    relative_gap, max_iterations, progress
        As those of `certify`.

    Returns
    -------
    Certification

    Examples
    --------
    >>> from mirrorhead.attention import certify_selection, toy_pair
    >>> certify_selection(toy_pair(), [1.0, 0.0], [1, 1], p=1).optimality
    'global'
    """
    told = native_progress(progress, max_iterations, "lower", "upper")
    found = _native.certify_selection(
        checked(data).native,
        finite_vector(decoder, "decoder"),
        selection_of(selection),
        exponent(p),
        _singular(norm_of),
        solver_options(relative_gap, max_iterations),
        told,
    )
    return _certification(data, found, p, None, _singular(norm_of))


def max_margin_key_query(
    data: Dataset,
    selection: Any,
    p: float,
    *,
    norm_of: NormOf = "entries",
    decoder_support: Any = None,
    relative_gap: float = 1e-9,
    max_iterations: int = 500,
    progress: ProgressLike = None,
) -> tuple[Float2D, Solution]:
    """Solve the AttSVM of a selection.

    Parameters
    ----------
    data : Dataset
    selection : sequence of int
        One token of each sequence.
    p : float
        From 1 to infinity.
    norm_of : {'entries', 'singular_values'}
        What the norm is of.
    decoder_support : sequence of int, optional
        The sequences that need margin 1; the others, then, need 0.
    relative_gap, max_iterations, progress
        As those of `mirrorhead.svm.max_margin`.

    Returns
    -------
    key_query : ndarray of shape (d, d)
    solution : Solution
        The same, with its proof.

    Raises
    ------
    NotSeparableError, InconclusiveError, ValueError
        As `mirrorhead.svm.max_margin`.

    Examples
    --------
    >>> from mirrorhead.attention import max_margin_key_query, toy_pair
    >>> key_query, solution = max_margin_key_query(toy_pair(), [1, 0], p=3.0)
    >>> solution.relative_gap <= 1e-9
    True
    """
    tokens = selection_of(selection)
    support = None if decoder_support is None else selection_of(decoder_support)
    found = _native.max_margin_key_query(
        checked(data).native,
        tokens,
        exponent(p),
        _singular(norm_of),
        support,
        solver_options(relative_gap, max_iterations),
        native_progress(progress, max_iterations, "lower", "upper"),
    )
    problem = AttSvm(data, tokens, _singular(norm_of), support)
    solution = solution_of(found, exponent(p), problem)
    return _as_matrix(solution, checked(data).dim), solution


def max_margin_decoder(
    data: Dataset,
    selection: Any,
    p: float,
    *,
    relative_gap: float = 1e-9,
    max_iterations: int = 500,
    progress: ProgressLike = None,
) -> Solution:
    """Solve the SVM of the decoder: ``min norm_p(v)`` subject to ``y_i v' x_i >= 1`` for the selected tokens.

    Parameters
    ----------
    data, selection, p, relative_gap, max_iterations, progress
        As those of `max_margin_key_query`.

    Returns
    -------
    Solution

    Examples
    --------
    >>> from mirrorhead.attention import max_margin_decoder, toy_pair
    >>> max_margin_decoder(toy_pair(), [1, 0], p=2.0).support()
    array([0, 1])
    """
    tokens = selection_of(selection)
    found = _native.max_margin_decoder(
        checked(data).native,
        tokens,
        exponent(p),
        solver_options(relative_gap, max_iterations),
        native_progress(progress, max_iterations, "lower", "upper"),
    )
    A = np.stack([y * X[t] for X, y, t in zip(data.X, data.y, tokens, strict=True)])
    return solution_of(found, exponent(p), Rows(A, None))


def _singular(norm_of: NormOf) -> bool:
    if norm_of not in ("entries", "singular_values"):
        raise ValueError(f"norm_of is 'entries' or 'singular_values', not {norm_of!r}")
    return norm_of == "singular_values"


def _as_matrix(solution: Solution, dim: int) -> Float2D:
    # Column after column.
    return solution.w.reshape(dim, dim, order="F")


def _certification(
    data: Dataset,
    found: Certified,
    p: float,
    weights: list[Any] | None,
    singular_values: bool = False,
) -> Certification:
    selection, refutation, solved = found["selection"], found["refutation"], found["solution"]
    tied = found["sets"] if found["status"] == "tied" else None
    solution = proof = None
    if selection is not None:
        problem = AttSvm(data, selection, singular_values, sets=tied)
        if solved is not None and solved["stalled"] is None:
            solution = solution_of(solved, exponent(p), problem)
        if refutation is not None:
            proof = not_separable(refutation, problem)
    return Certification(
        status=found["status"],
        message=found["message"],
        p=exponent(p),
        selection=selection,
        solution=solution,
        key_query=found["key_query"],
        support_tokens=found["support_tokens"],
        optimality=found["optimality"],
        rivals=found["rivals"] or [],
        sets=found["sets"],
        attracts=found["attracts"],
        divergence=found["divergence"],
        margin_share=found["margin_share"],
        divergence_to_tied=found["divergence_to_tied"],
        proof=proof,
        weights=weights,
    )
