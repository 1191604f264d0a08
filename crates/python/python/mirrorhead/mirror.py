r"""Mirror maps of :math:`\psi(w) = \tfrac1p\lVert w\rVert_p^p`, and mirror descent over arrays.

Examples
--------
>>> from mirrorhead.mirror import MirrorDescent
>>> method = MirrorDescent([[2.0, 0.0]], lr=1.0, p=3.0, step="constant")
>>> method.step([[3.0, -4.0]])  # u: (4, 0) -> (1, 4); w = sqrt(u)
True
>>> method.parameters[0]
array([1., 2.])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mirrorhead import _native
from mirrorhead._arrays import Float2D, exponent, floats
from mirrorhead._options import StepRule, method_options

__all__ = ["MirrorDescent", "directional_bregman", "inverse_mirror_map", "mirror_map"]

Array = npt.NDArray[np.float64]


class MirrorDescent:
    """Mirror descent in the lp geometry, its iterate the dual point.

    Parameters
    ----------
    parameters : sequence of arrays
        The tensors to start from, of one or two dimensions.
    lr : float
        The length of the steps.
    p : float
        Greater than 1.
    step : {'normalized', 'globally_normalized', 'constant'}
        Whether `lr` multiplies the gradient of each tensor by itself, after division by its dual norm, or
        by the dual norm of all.
    reach : float, optional
        Shortens normalized steps that would move a tensor farther than this.
    momentum : float
        Of the heavy ball, or Nesterov's.
    nesterov : bool
        Which of the two.
    """

    def __init__(
        self,
        parameters: Sequence[Any],
        lr: float,
        p: float = 2.0,
        *,
        step: StepRule = "normalized",
        reach: float | None = None,
        momentum: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        arrays = [floats(parameter, "parameter") for parameter in parameters]
        self._shapes = [array.shape for array in arrays]
        options = method_options(p, lr, step, reach, momentum, nesterov)
        self._native = _native.MirrorDescent([_as_matrix(array) for array in arrays], options)

    def step(self, gradients: Sequence[Any], log_scales: Sequence[float] | None = None) -> bool:
        """Take a step.

        Parameters
        ----------
        gradients : sequence of arrays
            One of the shape of each tensor.
        log_scales : sequence of float, optional
            What the gradients are multiplied by, as logarithms: a saturated softmax has gradients far below
            the range of doubles.

        Returns
        -------
        bool
            Whether anything moved.
        """
        arrays = [_as_matrix(floats(gradient, "gradient")) for gradient in gradients]
        return self._native.step(arrays, log_scales)

    @property
    def parameters(self) -> list[Array]:
        """The tensors."""
        return self._shaped(self._native.parameters)

    @property
    def dual(self) -> list[Array]:
        """Their dual points."""
        return self._shaped(self._native.dual)

    def _shaped(self, matrices: Sequence[Float2D]) -> list[Array]:
        pairs = zip(matrices, self._shapes, strict=True)
        return [matrix.reshape(shape) for matrix, shape in pairs]


def mirror_map(w: Any, p: float) -> Array:
    """Return ``sign(w) * abs(w) ** (p - 1)``, as the Rust crates compute it.

    Parameters
    ----------
    w : array
        Of any shape.
    p : float
        Greater than 1.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> mirror_map([2.0, -3.0], p=3.0)
    array([ 4., -9.])
    """
    array = floats(w, "w")
    return _native.mirror_map(exponent(p), array.ravel()).reshape(array.shape)


def inverse_mirror_map(u: Any, p: float) -> Array:
    """Return ``sign(u) * abs(u) ** (1 / (p - 1))``, the inverse of `mirror_map`.

    Parameters
    ----------
    u : array
        Of any shape.
    p : float
        Greater than 1.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> inverse_mirror_map([4.0, -9.0], p=3.0)
    array([ 2., -3.])
    """
    array = floats(u, "u")
    return _native.inverse_mirror_map(exponent(p), array.ravel()).reshape(array.shape)


def directional_bregman(target: Any, iterate: Any, p: float) -> float:
    """Return how far the direction of `iterate` is from that of `target`: 0 aligned, 2 opposed.

    Parameters
    ----------
    target, iterate : array
        Of the same size.
    p : float
        Greater than 1.

    Returns
    -------
    float

    Examples
    --------
    >>> round(directional_bregman([1.0, 2.0], [-10.0, -20.0], p=3.0), 12)
    2.0
    """
    # Both in one order, whatever that of the storage.
    of = floats(target, "target").ravel(), floats(iterate, "iterate").ravel()
    return _native.directional_bregman(exponent(p), *of)


def _as_matrix(array: Array) -> Float2D:
    if array.ndim == 2:
        return array
    if array.ndim == 1:
        return array[:, None]
    raise ValueError(f"tensors have one or two dimensions, not {array.ndim}")
