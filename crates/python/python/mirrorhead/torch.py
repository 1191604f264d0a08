r"""lp mirror descent as an optimizer of PyTorch.

Examples
--------
>>> import torch
>>> from mirrorhead.torch import MirrorDescent
>>> weight = torch.nn.Parameter(torch.tensor([2.0, 0.0]))
>>> optimizer = MirrorDescent([weight], lr=1.0, p=3.0)
>>> (weight * torch.tensor([3.0, -4.0])).sum().backward()
>>> optimizer.step()  # u: (4, 0) -> (1, 4); w = sqrt(u)
>>> weight.tolist()
[1.0, 2.0]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, cast

import torch
from torch import Tensor

from mirrorhead._powers import conjugate, inverse_mirror_power, mirror_power, require_exponent

__all__ = ["MirrorDescent"]

#: The states of a parameter.
STATES = ("dual", "momentum_buffer")


class MirrorDescent(torch.optim.Optimizer):
    r"""Mirror descent with :math:`\psi(w) = \tfrac1p\lVert w\rVert_p^p`, its iterate the dual point.

    .. math:: u \leftarrow (1 - \eta\lambda)^{p-1}\, u - \eta\, s, \qquad
              w = \operatorname{sign}(u)\, |u|^{1/(p-1)},

    where :math:`s` is the gradient, or what momentum makes of it, divided by its dual norm if `normalized`. At ``p = 2``
    it is ``torch.optim.SGD``.

    The state is the dual point: at ``p = 1.1`` a weight is :math:`u^{10}`, so that weights underflow whose
    dual points are of ordinary size. It has at least 32 bits, whatever the parameter has. Weights that somebody
    else sets between two steps (loaded, clipped) count: a step starts from where they are.

    Parameters
    ----------
    params : iterable of Tensor or dict
        Parameters or groups, as every optimizer takes them; a group may have a `p` of its own.
    lr : float
        The rate.
    p : float
        Greater than 1; below 2 weights become sparse, above 2 even.
    momentum : float
        Of the heavy ball, from 0 to below 1.
    weight_decay : float
        Decoupled: a step shrinks the weights by ``1 - lr * weight_decay`` first.
    normalized : bool
        Whether each tensor moves by `lr` in the dual norm, however small its gradient.
    nesterov : bool
        Whether momentum is Nesterov's.
    maximize : bool
        Whether to go up.
    foreach : bool, optional
        Whether tensors are worked on together; by default on accelerators.

    Examples
    --------
    >>> model = torch.nn.Linear(4, 1)
    >>> optimizer = MirrorDescent(model.parameters(), lr=0.1, p=1.1, momentum=0.9)
    >>> sorted(optimizer.defaults)[:4]
    ['foreach', 'lr', 'maximize', 'momentum']
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        p: float = 2.0,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        normalized: bool = False,
        *,
        nesterov: bool = False,
        maximize: bool = False,
        foreach: bool | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "p": float(p),
            "momentum": momentum,
            "weight_decay": weight_decay,
            "normalized": normalized,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
        }
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters, with settings of their own.

        Parameters
        ----------
        param_group : dict
            ``params``, and the settings that differ from the defaults.
        """
        super().add_param_group(param_group)
        _require_settings(self.param_groups[-1])

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` of another optimizer gave.

        Parameters
        ----------
        state_dict : dict
            Settings and states.
        """
        super().load_state_dict(state_dict)
        # The base class narrows states to the width of their parameters.
        names = chain.from_iterable(group["params"] for group in state_dict["param_groups"])
        parameters = chain.from_iterable(group["params"] for group in self.param_groups)
        for name, parameter in zip(names, parameters, strict=True):
            saved = state_dict["state"].get(name, {})
            for state in STATES:
                if state in saved:
                    wide = saved[state].to(parameter.device, _width(parameter.dtype), copy=True)
                    self.state[parameter][state] = wide

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take a step.

        Parameters
        ----------
        closure : callable, optional
            Evaluates the model anew and returns the loss.

        Returns
        -------
        Tensor, float or None
            What `closure` returned.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            with_gradient = [w for w in group["params"] if w.grad is not None]
            for batch in _batches(with_gradient, group["foreach"]):
                self._step_batch(batch, group)
        return loss

    def _step_batch(self, weights: list[Tensor], group: dict[str, Any]) -> None:
        p, lr, momentum = group["p"], group["lr"], group["momentum"]
        width = _width(weights[0].dtype)
        drives = [cast(Tensor, w.grad).to(width) for w in weights]
        if group["maximize"]:
            drives = _each(torch._foreach_neg, drives)
        if momentum != 0.0:
            memories = [self._memory(w) for w in weights]
            torch._foreach_mul_(memories, momentum)
            torch._foreach_add_(memories, drives)
            if group["nesterov"]:
                torch._foreach_add_(memories_ahead := _each_mul(memories, momentum), drives)
                drives = memories_ahead
            else:
                drives = memories
        if group["normalized"]:
            drives = _normalized(drives, conjugate(p))
        duals = [self._dual(w, p) for w in weights]
        nexts = _each_mul(duals, _decay(lr * group["weight_decay"], p))
        torch._foreach_sub_(nexts, _each_mul(drives, lr))
        for w, u, moved, point in zip(
            weights, duals, nexts, _powers(nexts, inverse_mirror_power(p)), strict=True
        ):
            # A weight whose dual point stays, stays to the last bit.
            w.copy_(torch.where(moved == u, w.to(width), point))
            if "dual" in self.state[w]:
                self.state[w]["dual"].copy_(moved)

    def _memory(self, w: Tensor) -> Tensor:
        state = self.state[w]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(w, dtype=_width(w.dtype))
        return cast(Tensor, state["momentum_buffer"])

    def _dual(self, w: Tensor, p: float) -> Tensor:
        """The dual point of `w`; its own where `w` is not what the one that is kept stands for."""
        width = _width(w.dtype)
        if p == 2.0 and w.dtype == width:
            return w
        state = self.state[w]
        own = _power(w.to(width), mirror_power(p))
        if "dual" not in state:
            state["dual"] = own
            return own
        kept = cast(Tensor, state["dual"])
        implied = _power(kept, inverse_mirror_power(p)).to(w.dtype)
        epsilon = torch.finfo(w.dtype).eps
        slack = (conjugate(p) + 1.0) * epsilon if w.dtype == width else 1.01 * epsilon
        near = (implied - w).abs() <= slack * implied.abs() + torch.finfo(w.dtype).tiny
        return torch.where(near, kept, own)


def _require_settings(group: dict[str, Any]) -> None:
    require_exponent(group["p"])
    for name, most in [("lr", math.inf), ("weight_decay", math.inf), ("momentum", 1.0)]:
        value = group[name]
        if not 0.0 <= value < most:
            expected = "not negative, and finite" if most == math.inf else "at least 0 and below 1"
            raise ValueError(f"{name} = {value} is out of range: it must be {expected}")
    if group["nesterov"] and group["momentum"] == 0.0:
        raise ValueError("nesterov = True needs a momentum")
    for w in group["params"]:
        if w.is_complex():
            raise ValueError("complex parameters have no lp mirror map of their own: use view_as_real")


def _batches(weights: list[Tensor], foreach: bool | None) -> list[list[Tensor]]:
    """The tensors that are worked on together: those of one device and type."""
    for w in weights:
        if cast(Tensor, w.grad).is_sparse:
            raise RuntimeError("MirrorDescent does not support sparse gradients")
    batches: dict[Any, list[Tensor]] = {}
    for k, w in enumerate(weights):
        together = foreach if foreach is not None else w.device.type in ("cuda", "xpu")
        batches.setdefault((w.device, w.dtype) if together else k, []).append(w)
    return list(batches.values())


def _width(dtype: torch.dtype) -> torch.dtype:
    """The width of the dual point: half precision is too coarse for one."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def _decay(share: Any, p: float) -> Any:
    """What the dual point is multiplied by where weights shrink by `1 - share`."""
    if isinstance(share, Tensor):
        return (1.0 - share).clamp(min=0.0) ** (p - 1.0)
    return max(1.0 - share, 0.0) ** (p - 1.0)


def _power(x: Tensor, exponent: float) -> Tensor:
    """`sign(x) |x|^exponent`."""
    if exponent == 1.0:
        return x.clone()
    return x.abs().pow_(exponent).copysign_(x)


def _powers(tensors: list[Tensor], exponent: float) -> list[Tensor]:
    if exponent == 1.0:
        return tensors
    sizes = _each(torch._foreach_abs, tensors)
    torch._foreach_pow_(sizes, exponent)
    return [size.copysign_(x) for size, x in zip(sizes, tensors, strict=True)]


def _each(function: Callable[[list[Tensor]], Any], tensors: list[Tensor]) -> list[Tensor]:
    return list(function(tensors))


def _each_mul(tensors: list[Tensor], factor: Any) -> list[Tensor]:
    return list(torch._foreach_mul(tensors, factor))


def _normalized(gradients: list[Tensor], q: float) -> list[Tensor]:
    """Each divided by its lq norm; zero where it is zero."""
    largest = [g.abs().amax() if g.numel() else g.new_zeros(()) for g in gradients]
    # By the largest entry first: small powers of small numbers underflow.
    scales = [torch.where(m > 0, m, torch.ones_like(m)) for m in largest]
    units = [g / scale for g, scale in zip(gradients, scales, strict=True)]
    norms = [torch.linalg.vector_norm(unit, q) for unit in units]
    ones = [torch.where(norm > 0, norm, torch.ones_like(norm)) for norm in norms]
    return [unit / norm for unit, norm in zip(units, ones, strict=True)]
