"""Attention heads: training, what it converges to with a certificate, flow, path, basins.

The model is ``f(X, z) = v' X' softmax(X W z)`` with tokens ``X`` (T x d), a query ``z``, the key-query matrix ``W`` and the
decoder ``v``.

Examples
--------
>>> from mirrorhead import attention
>>> data, decoder = attention.sphere_tokens(6, 8, 10, seed=1)
>>> start = attention.gaussian_matrix(10, 10, seed=1)
>>> trained = attention.train(data, decoder, p=1.75, start=start, max_iters=1_500)
>>> found = attention.certify(data, decoder, trained.key_query, p=1.75)
>>> found.optimality
'global'
>>> found.divergence < 3e-3  # ℓp-AttGD has found the ℓp max-margin direction
True
"""

from mirrorhead.attention._certification import (
    Certification,
    certify,
    certify_selection,
    max_margin_decoder,
    max_margin_key_query,
)
from mirrorhead.attention._dataset import (
    Dataset,
    attention_weights,
    gaussian_matrix,
    optimal_selection,
    sphere_tokens,
    token_scores,
    toy_pair,
)
from mirrorhead.attention._selections import (
    Basins,
    EnumeratedSelection,
    Enumeration,
    basins,
    enumerate_selections,
)
from mirrorhead.attention._trails import (
    Flow,
    FlowPoint,
    PathPoint,
    RegularizationPath,
    mirror_flow,
    regularization_path,
)
from mirrorhead.attention._training import (
    Training,
    log_spaced,
    train,
    train_factored,
    train_joint,
)

__all__ = [
    "Basins",
    "Certification",
    "Dataset",
    "EnumeratedSelection",
    "Enumeration",
    "Flow",
    "FlowPoint",
    "PathPoint",
    "RegularizationPath",
    "Training",
    "attention_weights",
    "basins",
    "certify",
    "certify_selection",
    "enumerate_selections",
    "gaussian_matrix",
    "log_spaced",
    "max_margin_decoder",
    "max_margin_key_query",
    "mirror_flow",
    "optimal_selection",
    "regularization_path",
    "sphere_tokens",
    "token_scores",
    "toy_pair",
    "train",
    "train_factored",
    "train_joint",
]
