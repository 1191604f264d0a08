"""Labelled sequences with their queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mirrorhead import _native
from mirrorhead._arrays import Float1D, Float2D, finite_vector, floats, matrix, natural, vector

if TYPE_CHECKING:
    from mirrorhead._native import Drawn


class Dataset:
    """Sequences of tokens, of any lengths, each with a query and a label.

    Parameters
    ----------
    X : array of shape (n, T, d), or list of n arrays of shapes (T_i, d)
        The tokens. Tensors of PyTorch will do, here and everywhere.
    y : array of shape (n,)
        Labels, 1 and -1.
    Z : array of shape (n, d), optional
        The queries; by default the first token of each sequence.

    Attributes
    ----------
    X : list of ndarray
        The sequences.
    y : ndarray
        The labels.
    Z : ndarray
        The queries.

    Raises
    ------
    ValueError
        For sizes that do not agree, entries that are not finite, labels other than 1 and -1.

    Examples
    --------
    >>> from mirrorhead.attention import Dataset
    >>> Dataset([[[1.0, 0.0], [0.0, 1.0]], [[2.0, 1.0]]], y=[1, -1])
    Dataset(n=2, T=1 to 2, d=2)
    """

    def __init__(self, X: Any, y: Any, Z: Any = None) -> None:
        self.X: list[Float2D] = [
            matrix(sequence, f"X[{i}]") for i, sequence in enumerate(X)
        ]
        if not self.X:
            raise ValueError("there is no sequence: at least one is needed")
        dims = {sequence.shape[1] for sequence in self.X}
        if len(dims) > 1:
            raise ValueError(f"the tokens have different dimensions: {sorted(dims)}")
        self.y: Float1D = vector(y, "y")
        if any(len(sequence) == 0 for sequence in self.X):
            raise ValueError("a sequence has no token: at least one is needed")
        self.Z: Float2D = (
            np.stack([sequence[0] for sequence in self.X]) if Z is None else matrix(Z, "Z")
        )
        self._native = _native.Dataset(
            np.concatenate(self.X), [len(sequence) for sequence in self.X], self.Z, self.y
        )

    @property
    def dim(self) -> int:
        """The dimension d of tokens and queries."""
        return self.X[0].shape[1]

    @property
    def native(self) -> _native.Dataset:
        """What the extension module works on."""
        return self._native

    def __len__(self) -> int:
        return len(self.X)

    def __reduce__(self) -> tuple[type[Dataset], tuple[Any, ...]]:
        return type(self), (self.X, self.y, self.Z)

    def __repr__(self) -> str:
        lengths = sorted({len(sequence) for sequence in self.X})
        T = f"{lengths[0]}" if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"
        return f"Dataset(n={len(self)}, T={T}, d={self.dim})"


def checked(data: Dataset) -> Dataset:
    """The data set itself, if it is one."""
    if not isinstance(data, Dataset):
        kind = type(data).__name__
        raise TypeError(f"expected a mirrorhead.attention.Dataset, Dataset(X, y), not one of type {kind}")
    return data


def sphere_tokens(
    n_sequences: int, n_tokens: int, dim: int, *, seed: int = 0
) -> tuple[Dataset, Float1D]:
    """Draw the paper's synthetic data: tokens, queries and decoder uniform on the sphere, labels random signs.

    Parameters
    ----------
    n_sequences, n_tokens, dim : int
        Sizes n, T and d.
    seed : int
        Equal seeds give bitwise equal data, those of the Rust crates.

    Returns
    -------
    data : Dataset
    decoder : ndarray of shape (dim,)

    Examples
    --------
    >>> from mirrorhead.attention import sphere_tokens
    >>> sphere_tokens(6, 8, 10, seed=1)[0]
    Dataset(n=6, T=8, d=10)
    """
    drawn = _native.sphere_tokens(
        natural(n_sequences, "n_sequences"),
        natural(n_tokens, "n_tokens"),
        natural(dim, "dim"),
        natural(seed, "seed"),
    )
    decoder = drawn["decoder"]
    assert decoder is not None
    return _drawn(drawn, dim), decoder


def toy_pair() -> Dataset:
    """Return the paper's toy data of joint training: two sequences of three tokens in the plane.

    Returns
    -------
    Dataset

    Examples
    --------
    >>> from mirrorhead.attention import toy_pair
    >>> toy_pair().y
    array([ 1., -1.])
    """
    return _drawn(_native.toy_pair(), 2)


def _drawn(drawn: Drawn, dim: int) -> Dataset:
    tokens = drawn["tokens"].reshape(-1, dim)
    sequences = np.split(tokens, np.cumsum(drawn["lengths"])[:-1])
    return Dataset(sequences, drawn["labels"], drawn["queries"])


def gaussian_matrix(nrows: int, ncols: int, *, seed: int = 0) -> Float2D:
    """Draw a matrix with independent standard normal entries: a start for training.

    Parameters
    ----------
    nrows, ncols : int
        Its shape.
    seed : int
        Equal seeds give equal matrices, those of the Rust crates.

    Returns
    -------
    ndarray of shape (nrows, ncols)

    Examples
    --------
    >>> from mirrorhead.attention import gaussian_matrix
    >>> gaussian_matrix(2, 3, seed=1).shape
    (2, 3)
    """
    shape = natural(nrows, "nrows"), natural(ncols, "ncols")
    return _native.gaussian_matrix(*shape, natural(seed, "seed"))


def attention_weights(data: Dataset, key_query: Any, *, log: bool = False) -> list[Float1D]:
    """Return ``softmax(X_i W z_i)`` of every sequence.

    Parameters
    ----------
    data : Dataset
    key_query : array of shape (d, d)
        The matrix W.
    log : bool
        Whether logarithms are wanted, which are finite where a weight underflows.

    Returns
    -------
    list of ndarray

    Examples
    --------
    >>> from mirrorhead.attention import attention_weights, toy_pair
    >>> attention_weights(toy_pair(), [[0.0, 0.0], [0.0, 0.0]])[0].round(3)
    array([0.333, 0.333, 0.333])
    """
    return _native.attention_weights(checked(data).native, matrix(key_query, "key_query"))[int(log)]


def token_scores(data: Dataset, decoder: Any) -> list[Float1D]:
    """Return the scores ``y_i v' x_it`` of the tokens of every sequence.

    Parameters
    ----------
    data : Dataset
    decoder : array of shape (d,)
        The decoder v.

    Returns
    -------
    list of ndarray

    Examples
    --------
    >>> from mirrorhead.attention import token_scores, toy_pair
    >>> token_scores(toy_pair(), [1.0, 0.0])[0]
    array([-2.7,  1.4,  1.3])
    """
    return _native.token_scores(checked(data).native, finite_vector(decoder, "decoder"))


def optimal_selection(data: Dataset, decoder: Any) -> list[int]:
    """Return the token of the largest score of every sequence.

    Parameters
    ----------
    data : Dataset
    decoder : array of shape (d,)

    Returns
    -------
    list of int

    Examples
    --------
    >>> from mirrorhead.attention import optimal_selection, toy_pair
    >>> optimal_selection(toy_pair(), [1.0, 0.0])
    [1, 1]
    """
    return [int(scores.argmax()) for scores in token_scores(data, decoder)]


def starts_of(start: Any, shapes: list[tuple[int, int]]) -> list[Float2D]:
    """The tensors to start from; zeros where none is given."""
    if start is None:
        return [np.zeros(shape) for shape in shapes]
    tensors = [start] if len(shapes) == 1 else list(start)
    if len(tensors) != len(shapes):
        raise ValueError(f"start: expected {len(shapes)} arrays, found {len(tensors)}")
    arrays = [floats(tensor, "start") for tensor in tensors]
    return [
        matrix(array[:, None] if array.ndim == 1 and shape[1] == 1 else array, "start")
        for array, shape in zip(arrays, shapes, strict=True)
    ]
