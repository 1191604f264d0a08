"""Mirror descent for attention heads, and certified lp max-margin solvers.

=======================  ==============================================================
`mirrorhead.svm`         the lp hard-margin SVM with proofs, and `LpSVC` for scikit-learn
`mirrorhead.attention`   training of attention heads, and what it converges to
`mirrorhead.mirror`      mirror maps and mirror descent over arrays
`mirrorhead.torch`       `MirrorDescent`, an optimizer of PyTorch
`mirrorhead.optax`       `mirror_descent`, a gradient transformation of optax
=======================  ==============================================================

The first three need numpy alone; `LpSVC` needs scikit-learn, and the last two need PyTorch and JAX with optax.

Examples
--------
>>> import numpy as np
>>> from mirrorhead.svm import max_margin
>>> solution = max_margin([[2.0, 1.0], [1.5, -0.5], [1.0, 1.0]], p=1.5)
>>> solution.relative_gap <= 1e-9
True
>>> solution.verify()
"""

from importlib.metadata import PackageNotFoundError, version

from mirrorhead import attention, mirror, svm
from mirrorhead._native import n_threads

try:
    __version__ = version("mirrorhead")
except PackageNotFoundError:  # run from a folder, not installed
    __version__ = "0+unknown"

__all__ = ["__version__", "attention", "mirror", "n_threads", "svm"]
