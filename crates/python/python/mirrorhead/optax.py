r"""lp mirror descent as a gradient transformation of optax.

Examples
--------
>>> import jax.numpy as jnp, optax
>>> from mirrorhead.optax import mirror_descent
>>> method = mirror_descent(1.0, p=3.0)
>>> weights = jnp.array([2.0, 0.0])
>>> state = method.init(weights)
>>> updates, state = method.update(jnp.array([3.0, -4.0]), state, weights)
>>> optax.apply_updates(weights, updates).tolist()  # u: (4, 0) -> (1, 4); w = sqrt(u)
[1.0, 2.0]
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from mirrorhead._powers import conjugate, inverse_mirror_power, mirror_power, require_exponent

__all__ = ["MirrorDescentState", "mirror_descent"]


class MirrorDescentState(NamedTuple):
    """What `mirror_descent` keeps.

    Attributes
    ----------
    count : array
        Steps taken.
    dual : pytree
        The dual points, of at least 32 bits.
    momentum : pytree or None
        The momentum, if there is any.
    """

    count: Any
    dual: Any
    momentum: Any


def mirror_descent(
    learning_rate: Any,
    p: float = 2.0,
    *,
    momentum: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    normalized: bool = False,
) -> optax.GradientTransformationExtraArgs:
    r"""Mirror descent with :math:`\psi(w) = \tfrac1p\lVert w\rVert_p^p`, its iterate the dual point.

    .. math:: u \leftarrow (1 - \eta\lambda)^{p-1}\, u - \eta\, s, \qquad
              w = \operatorname{sign}(u)\, |u|^{1/(p-1)}

    The state is what decides: an update leads to the weights that the dual point stands for, whatever rounding
    (or somebody else) did to them since. Initialise anew where weights are set by hand. It comes last in an ``optax.chain``, as
    it makes weights of gradients.

    Parameters
    ----------
    learning_rate : float or schedule
        The rate, or what makes one of the number of steps.
    p : float
        Greater than 1; at 2 it is ``optax.sgd``.
    momentum : float
        Of the heavy ball, from 0 to below 1.
    nesterov : bool
        Whether momentum is Nesterov's.
    weight_decay : float
        Decoupled: a step shrinks the weights by ``1 - learning_rate * weight_decay`` first.
    normalized : bool
        Whether each tensor moves by the rate in the dual norm, however small its gradient.

    Returns
    -------
    optax.GradientTransformation

    Raises
    ------
    ValueError
        For an exponent or momentum out of range, and by ``update`` without parameters.

    Examples
    --------
    >>> method = mirror_descent(optax.cosine_decay_schedule(0.1, 1_000), p=1.1, momentum=0.9)
    >>> int(method.init(jnp.ones(3)).count)
    0
    """
    p = require_exponent(float(p))
    if not 0.0 <= momentum < 1.0:
        raise ValueError(f"momentum = {momentum} is out of range: it must be at least 0 and below 1")
    if not weight_decay >= 0.0:
        raise ValueError(f"weight_decay = {weight_decay} is out of range: it must be not negative")
    if nesterov and momentum == 0.0:
        raise ValueError("nesterov = True needs a momentum")

    def init(params: Any) -> MirrorDescentState:
        dual = jax.tree.map(lambda w: _power(_wide(w), mirror_power(p)), params)
        memory = jax.tree.map(lambda w: jnp.zeros_like(_wide(w)), params) if momentum else None
        return MirrorDescentState(jnp.zeros([], jnp.int32), dual, memory)

    def update(
        updates: Any, state: MirrorDescentState, params: Any = None, **_: Any
    ) -> tuple[Any, MirrorDescentState]:
        if params is None:
            raise ValueError("mirror_descent needs the parameters: update(gradients, state, params)")
        rate = learning_rate(state.count) if callable(learning_rate) else learning_rate
        drive = jax.tree.map(_wide, updates)
        memory = state.momentum
        if momentum:
            memory = jax.tree.map(lambda m, g: momentum * m + g, memory, drive)
            ahead = jax.tree.map(lambda m, g: g + momentum * m, memory, drive)
            drive = ahead if nesterov else memory
        if normalized:
            drive = jax.tree.map(lambda g: _normalized(g, conjugate(p)), drive)
        decay = 1.0 if weight_decay == 0.0 else jnp.maximum(1.0 - rate * weight_decay, 0.0) ** (p - 1)
        dual = jax.tree.map(lambda u, s: decay * u - rate * s, state.dual, drive)

        def move(w: Any, before: Any, after: Any) -> Any:
            to = _power(after, inverse_mirror_power(p)).astype(w.dtype)
            return jnp.where(before == after, jnp.zeros_like(w), to - w)

        moves = jax.tree.map(move, params, state.dual, dual)
        return moves, MirrorDescentState(state.count + 1, dual, memory)

    return optax.GradientTransformationExtraArgs(init, update)


def _wide(x: Any) -> Any:
    x = jnp.asarray(x)
    return x.astype(jnp.promote_types(x.dtype, jnp.float32))


def _power(x: Any, exponent: float) -> Any:
    """`sign(x) |x|^exponent`."""
    return x if exponent == 1.0 else jnp.copysign(jnp.abs(x) ** exponent, x)


def _normalized(gradient: Any, q: float) -> Any:
    """Divided by its lq norm; zero where it is zero."""
    largest = jnp.max(jnp.abs(gradient), initial=0.0)
    # By the largest entry first: small powers of small numbers underflow.
    unit = gradient / jnp.where(largest > 0, largest, 1.0)
    norm = jnp.sum(jnp.abs(unit) ** q) ** (1.0 / q)
    return unit / jnp.where(norm > 0, norm, 1.0)
