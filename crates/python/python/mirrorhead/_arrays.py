"""Arrays of whatever library, as numpy's."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Float1D: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]
Float2D: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Int1D: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]
#: Number of columns, offsets, columns, values.
Compressed: TypeAlias = tuple[int, Int1D, Int1D, Float1D]


def _numbers(x: Any) -> Any:
    """`x` as something that numpy reads: tensors of PyTorch leave their device and their graph."""
    detach = getattr(x, "detach", None)
    if callable(detach):
        x = detach().cpu()
        if not x.dtype.is_floating_point:
            return x.numpy()
        return x.double().numpy()
    return x


def floats(x: Any, name: str) -> npt.NDArray[np.float64]:
    """`x` as an array of doubles."""
    array = np.asarray(_numbers(x))
    if np.iscomplexobj(array):
        raise ValueError(f"Complex data not supported: {name} has complex entries")
    return np.asarray(array, dtype=float)


def vector(x: Any, name: str) -> Float1D:
    """`x` as a vector of doubles; a matrix of one column will do."""
    array = floats(x, name)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"{name}: expected a vector, found an array of shape {array.shape}")
    return array


def matrix(x: Any, name: str) -> Float2D:
    """`x` as a matrix of doubles."""
    array = floats(x, name)
    if array.ndim != 2:
        raise ValueError(f"{name}: expected a matrix, found an array of shape {array.shape}")
    return array


def rows(x: Any, name: str) -> Float2D | Compressed:
    """A matrix, or the arrays of a scipy sparse matrix in compressed rows, sorted and without duplicates."""
    if not _is_sparse(x):
        return matrix(x, name)
    compressed = x.tocsr()
    if np.iscomplexobj(compressed.data):
        raise ValueError(f"Complex data not supported: {name} has complex entries")
    if not compressed.has_canonical_format:
        compressed = compressed.copy()
        compressed.sum_duplicates()
    return (
        int(compressed.shape[1]),
        np.asarray(compressed.indptr, dtype=np.int64),
        np.asarray(compressed.indices, dtype=np.int64),
        np.asarray(compressed.data, dtype=float),
    )


def exponent(p: float) -> float:
    """`p` as a float; ``"inf"`` and `numpy.inf` are one."""
    value = float(p)
    if math.isnan(value):
        raise ValueError("p = nan is no exponent of a norm")
    return value


def selection_of(tokens: Any) -> list[int]:
    """One token of each sequence, as a list."""
    return [int(token) for token in np.asarray(_numbers(tokens)).tolist()]


def _is_sparse(x: Any) -> bool:
    return hasattr(x, "tocsr") and hasattr(x, "nnz")
