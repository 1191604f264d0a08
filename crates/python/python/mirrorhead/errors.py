"""What can be found instead of a solution."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from mirrorhead._arrays import Float1D

if TYPE_CHECKING:
    from mirrorhead._problems import Problem

__all__ = ["InconclusiveError", "NotSeparableError", "RefutedError"]


class NotSeparableError(ValueError):
    """There is no solution, and this proves it: rows that cancel while their bounds do not.

    Attributes
    ----------
    multipliers : ndarray of shape (n_rows,)
        Multipliers of the rows, rounded to doubles and of sum one.

    Examples
    --------
    >>> from mirrorhead.svm import NotSeparableError, max_margin
    >>> opposed = [[1.0, 0.5], [-2.0, -1.0]]
    >>> try:
    ...     max_margin(opposed, p=3.0)
    ... except NotSeparableError as error:
    ...     proof = error
    >>> proof.whole_multipliers
    {0: 2, 1: 1}
    >>> proof.verify()
    """

    def __init__(
        self, message: str, multipliers: Float1D, certificate: str, problem: Problem
    ) -> None:
        super().__init__(message)
        self.multipliers = multipliers
        self._certificate = certificate
        self._problem = problem

    def __reduce__(self) -> tuple[type[NotSeparableError], tuple[Any, ...]]:
        return type(self), (str(self), self.multipliers, self._certificate, self._problem)

    @property
    def whole_multipliers(self) -> dict[int, int]:
        """The rows that cancel, each with a whole number: in these proportions exactly.

        Empty where there are too many to have them in whole numbers, and `multipliers` are known to be next to exact ones:
        see `basis`.
        """
        return self._in_proportion()[0]

    @property
    def basis(self) -> list[int] | None:
        """The rows whose `multipliers` have to change, each by less than itself, for all rows to cancel exactly.

        That there is such a change is part of the proof: of a matrix with as many columns, a bound on all rounding errors tells that it is
        regular. None where `whole_multipliers` are known.
        """
        basis = json.loads(self._certificate).get("basis")
        return None if basis is None else [int(row) for row in basis["rows"]]

    @property
    def whole_equality_multipliers(self) -> dict[int, int]:
        """The equalities that cancel with these rows, in the same proportions."""
        return self._in_proportion()[1]

    def _in_proportion(self) -> tuple[dict[int, int], dict[int, int]]:
        certificate = json.loads(self._certificate)
        if "basis" in certificate:
            return {}, {}
        exact = [certificate.get("exact") or certificate["rows"], certificate.get("equalities", [])]
        rows, equalities = (
            {int(each["row"]): _whole(each["multiplier"]) for each in kind} for kind in exact
        )
        common = math.gcd(*rows.values(), *equalities.values())
        rows, equalities = (
            {row: l // common for row, l in kind.items()} for kind in (rows, equalities)
        )
        return rows, equalities

    def verify(self) -> None:
        """Check that the rows cancel exactly and their bounds don't.

        By multiplication in whole numbers, or with a bound on all rounding errors where there is a `basis`.

        Raises
        ------
        RefutedError
            If they don't.
        """
        refutation = self._problem.farkas_refutation(self._certificate)
        if refutation is not None:
            raise RefutedError(refutation)


class InconclusiveError(RuntimeError):
    """Neither a solution nor a proof that there is none was found.

    Attributes
    ----------
    w, multipliers : ndarray
        The best pair there was.
    lower, upper : float
        What it proves of the margin.
    reason : str
        Why the solver stopped.
    """

    def __init__(
        self,
        message: str,
        w: Float1D,
        multipliers: Float1D,
        lower: float,
        upper: float,
        reason: str,
    ) -> None:
        super().__init__(message)
        self.w, self.multipliers = w, multipliers
        self.lower, self.upper, self.reason = lower, upper, reason

    def __reduce__(self) -> tuple[type[InconclusiveError], tuple[Any, ...]]:
        arguments = (self.w, self.multipliers, self.lower, self.upper, self.reason)
        return type(self), (str(self), *arguments)


class RefutedError(AssertionError):
    """A certificate does not prove what it says."""


def _whole(digits: str) -> int:
    """A whole number of any length: Python refuses to read long ones at once."""
    value = 0
    for k in range(0, len(digits), 4000):
        piece = digits[k : k + 4000]
        value = value * 10 ** len(piece) + int(piece)
    return value
