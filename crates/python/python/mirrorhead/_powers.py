"""The exponents of mirror maps, as the Rust crates read them."""

from __future__ import annotations

import math

#: Fractions whose powers are roots.
FRACTIONS = (0.0, 3 / 12, 4 / 12, 6 / 12, 8 / 12, 9 / 12)


def require_exponent(p: float) -> float:
    """`p` if it is an exponent of a mirror map: neither it nor its conjugate is 1 to rounding."""
    if 1.0 < p < math.inf and meant(p) > 1.0 and meant(p / (p - 1.0)) > 1.0:
        return p
    raise ValueError(
        f"p = {p} is no exponent of a mirror map: it must be finite and greater than 1, "
        "by more than rounding"
    )


def meant(exponent: float) -> float:
    """The whole number, quarter or third that `exponent` is to rounding, or itself: 1 / (1.1 - 1) means 10."""
    for fraction in FRACTIONS:
        whole = round(exponent - fraction)
        snapped = whole + fraction
        if 0 <= whole <= 128 and snapped > 0 and abs(exponent - snapped) <= 1e-14 * snapped:
            return snapped
    return exponent


def mirror_power(p: float) -> float:
    """`p - 1`."""
    return meant(p - 1.0)


def inverse_mirror_power(p: float) -> float:
    """`1 / (p - 1)`."""
    return meant(1.0 / (p - 1.0))


def conjugate(p: float) -> float:
    """`q` with `1/p + 1/q = 1`."""
    return meant(p / (p - 1.0))
