"""Arrays of whatever library, as numpy's."""

from __future__ import annotations

import math
import operator
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Float1D: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]
Float2D: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Int1D: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]
AnyArray = TypeVar("AnyArray", bound=npt.NDArray[np.float64])
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
    if x is None:
        raise TypeError(f"{name} is missing")
    if np.ma.is_masked(x):
        raise ValueError(f"{name} has masked entries: fill them, or leave them out")
    array = np.asarray(_numbers(x))
    if np.iscomplexobj(array):
        raise ValueError(f"Complex data not supported: {name} has complex entries")
    if array.dtype.kind in "mM":
        raise TypeError(f"{name} holds times of type {array.dtype}, not numbers")
    require_doubles(array, name)
    return np.asarray(array, dtype=float)


def require_doubles(array: Any, name: str) -> None:
    """Refuses whole numbers that no double is: what is proven would be of others."""
    entries = getattr(array, "data", None) if _is_sparse(array) else array
    if not isinstance(entries, np.ndarray) or entries.dtype.kind not in "iu":
        return
    large = entries[np.abs(entries.astype(float)) >= 2.0**53]
    lost = next((value for value in large.tolist() if int(float(value)) != value), None)
    if lost is not None:
        raise ValueError(
            f"{name} has the whole number {lost}, which no double is: subtract an offset first, or round it yourself"
        )


def finite(array: AnyArray, name: str) -> AnyArray:
    """The array itself, every entry finite."""
    if not np.isfinite(array).all():
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
        where = ", ".join(map(str, place))
        raise ValueError(f"{name}[{where}] is {array[place]}: every entry must be finite")
    return array


def vector(x: Any, name: str) -> Float1D:
    """`x` as a vector of doubles; a matrix of one column will do."""
    array = floats(x, name)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"{name}: expected a vector, found an array of shape {array.shape}")
    return array


def finite_vector(x: Any, name: str) -> Float1D:
    """`x` as a vector of doubles, every entry finite."""
    return finite(vector(x, name), name)


def matrix(x: Any, name: str) -> Float2D:
    """`x` as a matrix of doubles, every entry finite."""
    array = floats(x, name)
    if array.ndim != 2:
        raise ValueError(f"{name}: expected a matrix, found an array of shape {array.shape}")
    return finite(array, name)


def rows(x: Any, name: str) -> Float2D | Compressed:
    """A matrix, or the arrays of a scipy sparse matrix in compressed rows, sorted and without duplicates."""
    if not _is_sparse(x):
        return matrix(x, name)
    if len(x.shape) != 2:
        raise ValueError(f"{name}: expected a matrix, found an array of shape {x.shape}")
    compressed = x.tocsr()
    if np.iscomplexobj(compressed.data):
        raise ValueError(f"Complex data not supported: {name} has complex entries")
    require_doubles(compressed, name)
    # Of another object with the same arrays, which the check may change. It is sorted by code that believes its offsets.
    compressed = type(compressed)(compressed)
    try:
        compressed.check_format(full_check=True)
    except ValueError as error:
        raise ValueError(f"{name} is no valid sparse matrix: {error}") from None
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


def natural(value: Any, name: str) -> int:
    """`value` as a whole number of 64 bits; floats that are whole will do."""
    try:
        whole = int(value) if isinstance(value, float) and value.is_integer() else operator.index(value)
    except TypeError:
        raise TypeError(f"{name} = {value!r} is no whole number") from None
    if not 0 <= whole < 2**64:
        raise ValueError(f"{name} = {whole} is out of range: it must be from 0 to 2**64 - 1")
    return whole


def selection_of(tokens: Any) -> list[int]:
    """One token of each sequence, as a list."""
    array = np.asarray(_numbers(tokens))
    if array.ndim != 1:
        raise ValueError(f"a selection has one token a sequence, not an array of shape {array.shape}")
    return [natural(token, "a selected token") for token in array.tolist()]


def _is_sparse(x: Any) -> bool:
    return hasattr(x, "tocsr") and hasattr(x, "nnz")
