"""Progress of long calls: a function that is told, or a bar as tqdm has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

__all__ = ["Progress", "ProgressBar", "ProgressLike"]


class Progress(NamedTuple):
    """How far a call has got.

    Attributes
    ----------
    iteration : int
        Iterations so far.
    total : int or None
        The most there can be.
    values : dict of str to float
        What is known by now: ``lower`` and ``upper`` of a solve, ``risk`` of a training run, ``log_time`` of a flow,
        ``radius`` of a path.
    """

    iteration: int
    total: int | None
    values: dict[str, float]


@runtime_checkable
class ProgressBar(Protocol):
    """What is used of a bar such as tqdm's."""

    total: Any

    def update(self, n: int) -> Any:
        """Move the bar by `n`."""

    def set_postfix(self, ordered_dict: Any = None, **values: Any) -> Any:
        """Show `values` behind the bar."""


#: A function of a `Progress`, a bar such as tqdm's, or nothing.
ProgressLike: TypeAlias = "Callable[[Progress], object] | ProgressBar | None"

Native: TypeAlias = Callable[[int, float, float], None]


def native_progress(
    progress: ProgressLike, total: int | None, first: str, second: str | None
) -> Native | None:
    """What the extension module calls: `progress` with the names of its two numbers."""
    if progress is None:
        return None
    if isinstance(progress, ProgressBar):
        return _moving(progress, total, first)
    if not callable(progress):
        raise TypeError(f"progress is a function of a Progress or a bar, not {progress!r}")
    function: Callable[[Progress], object] = progress

    def tell(iteration: int, a: float, b: float) -> None:
        values = {first: a} if second is None else {first: a, second: b}
        function(Progress(iteration, total, values))

    return tell


def _moving(bar: ProgressBar, total: int | None, first: str) -> Native:
    if getattr(bar, "total", None) is None:
        bar.total = total
    before = 0

    def move(iteration: int, a: float, b: float) -> None:
        nonlocal before
        bar.update(iteration - before)
        bar.set_postfix(**{first: f"{a:.6g}"})
        before = iteration

    return move
