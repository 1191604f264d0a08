"""What a proof is about: rows, under equalities or not, or the selection of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from mirrorhead import _native
from mirrorhead._arrays import Float1D, rows

if TYPE_CHECKING:
    from mirrorhead._native import SelectionProblem
    from mirrorhead.attention._dataset import Dataset

__all__ = ["AttSvm", "Pair", "Problem", "Rows", "RowsUnderEqualities"]

#: `w` and the multipliers.
Pair: TypeAlias = tuple[Float1D, Float1D]


class Problem(Protocol):
    """Constraints that a solution satisfies, or that can't be satisfied."""

    def slacks(self, w: Float1D) -> Float1D:
        """``A @ w - bounds``."""

    def refutation(
        self, p: float, pair: Pair, interval: tuple[float, float], remainder: str | None
    ) -> str | None:
        """Why a pair doesn't prove the interval, found in exact arithmetic."""

    def farkas_refutation(self, certificate: str) -> str | None:
        """Why a certificate doesn't prove that nothing satisfies the constraints."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The constraints ``A @ w >= bounds``."""

    A: Any
    bounds: Float1D | None

    def slacks(self, w: Float1D) -> Float1D:
        """``A @ w - bounds``."""
        bounds = 1.0 if self.bounds is None else self.bounds
        return np.asarray(self.A @ w - bounds, dtype=float)

    def refutation(
        self, p: float, pair: Pair, interval: tuple[float, float], remainder: str | None
    ) -> str | None:
        """Why a pair doesn't prove the interval."""
        numbers = rows(self.A, "A")
        return _native.verify_interval(numbers, p, self.bounds, *pair, interval, remainder)

    def farkas_refutation(self, certificate: str) -> str | None:
        """Why a certificate doesn't prove that nothing satisfies the constraints."""
        return _native.verify_farkas(rows(self.A, "A"), self.bounds, certificate)


@dataclass(frozen=True, eq=False)
class RowsUnderEqualities:
    """The constraints ``A @ w >= bounds`` and ``equalities @ w == 0``."""

    A: Any
    bounds: Float1D | None
    equalities: Any

    def slacks(self, w: Float1D) -> Float1D:
        """``A @ w - bounds``."""
        return Rows(self.A, self.bounds).slacks(w)

    def _native(self) -> tuple[Any, Any]:
        return rows(self.A, "A"), rows(self.equalities, "equalities")

    def refutation(
        self, p: float, pair: Pair, interval: tuple[float, float], remainder: str | None
    ) -> str | None:
        """Why a pair doesn't prove the interval."""
        if remainder is None:
            return "the part of the proof that doubles can't say is missing"
        of_rows = self._native()
        return _native.verify_under_equalities(
            *of_rows, p, self.bounds, *pair, interval, remainder
        )

    def farkas_refutation(self, certificate: str) -> str | None:
        """Why a certificate doesn't prove that nothing satisfies the constraints."""
        return _native.verify_equality_farkas(*self._native(), self.bounds, certificate)


@dataclass(frozen=True, eq=False)
class AttSvm:
    """The constraints ``(x_ia - x_it)' W z_i >= 1`` of a selection; see `max_margin_key_query` for the rest."""

    data: Dataset
    selection: list[int]
    singular_values: bool = False
    decoder_support: list[int] | None = None
    sets: list[list[int]] | None = None

    def slacks(self, w: Float1D) -> Float1D:
        """``(x_ia - x_it)' W z_i - bound`` of every constraint, in order."""
        dim = self.data.dim
        key_query = w.reshape(dim, dim, order="F")
        return np.concatenate([self._of_sequence(i, key_query) for i in range(len(self.data))])

    def _of_sequence(self, i: int, key_query: Any) -> Float1D:
        X, selected = self.data.X[i], self.selection[i]
        ties = [] if self.sets is None else self.sets[i]
        others = [t for t in range(len(X)) if t != selected and t not in ties]
        relaxed = self.decoder_support is not None and i not in self.decoder_support
        margins = (X[selected] - X[others]) @ (key_query @ self.data.Z[i])
        return np.asarray(margins - (0.0 if relaxed else 1.0), dtype=float)

    def _native(self, p: float) -> SelectionProblem:
        return {
            "selection": self.selection,
            "p": p,
            "singular_values": self.singular_values,
            "decoder_support": self.decoder_support,
            "sets": self.sets,
        }

    def refutation(
        self, p: float, pair: Pair, interval: tuple[float, float], remainder: str | None
    ) -> str | None:
        """Why a pair doesn't prove the interval."""
        problem = self._native(p)
        return _native.verify_selection(self.data.native, problem, *pair, interval, remainder)

    def farkas_refutation(self, certificate: str) -> str | None:
        """Why a certificate doesn't prove that nothing satisfies the constraints."""
        return _native.verify_selection_farkas(self.data.native, self._native(2.0), certificate)
