"""The lp support vector classifier, in the manner of scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from mirrorhead import _native
from mirrorhead._arrays import Float1D, Float2D, exponent, require_doubles, rows
from mirrorhead._options import solver_options
from mirrorhead._progress import ProgressLike, native_progress
from mirrorhead._problems import Rows
from mirrorhead.errors import RefutedError
from mirrorhead.svm import not_separable

if TYPE_CHECKING:
    from mirrorhead._native import Plane, Separator

#: Multipliers below this share of the largest count as zero.
SUPPORT = 1e-6


class LpSVC(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    r"""Linear classifier of largest margin in the lp norm, certified.

    With a price `C` it minimises
    :math:`\tfrac1p\lVert w\rVert_p^p + C\sum_j c_j \max(0, 1 - y_j(\langle w, x_j\rangle + \beta))`
    (at ``p = 1`` and ``p = inf`` the norm itself in place of its power). Without one, the hard margin: it minimises
    :math:`\lVert w\rVert_p` subject to :math:`y_j(\langle w, x_j\rangle + \beta) \ge 1`. Of several
    classes, each is told from all others.

    Parameters
    ----------
    p : float, default=2.0
        From 1 to infinity, both included.
    C : float or None, default=None
        What it costs to leave a point on the wrong side of its margin; None does not allow it.
    fit_intercept : bool, default=True
        Whether the hyperplane may leave the origin; the intercept is not penalised.
    class_weight : dict, 'balanced' or None, default=None
        Factors of `C` for the points of each class. Hard margins know none.
    tol : float, default=1e-9
        The relative gap of the proof.
    max_iter : int, default=500
        Most interior-point iterations.
    progress : callable or tqdm-like bar, default=None
        Told of the progress of `fit`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        The hyperplanes: one for two classes, one for each of more.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Their intercepts.
    support_ : ndarray of shape (n_SV,)
        The points that support some hyperplane.
    dual_coef_ : ndarray of shape (1, n_SV) or (n_classes, n_SV)
        Multipliers of the support vectors, times their signs.
    n_iter_ : int
        Iterations, the most of any hyperplane.
    margin_interval_ : ndarray of shape (1, 2) or (n_classes, 2)
        Proven bounds on the largest margin. There without `C`.
    objective_interval_ : ndarray of shape (1, 2) or (n_classes, 2)
        Proven bounds on the least objective. There with `C`.
    n_features_in_ : int
        Number of features.

    Examples
    --------
    >>> import numpy as np
    >>> from mirrorhead.svm import LpSVC
    >>> X = np.array([[0.0, 0.1], [0.4, 1.0], [1.1, 0.2], [5.0, 6.0], [6.0, 5.5]])
    >>> y = ["low", "low", "low", "high", "high"]
    >>> hard = LpSVC(p=1.5).fit(X, y)
    >>> hard.predict([[0.0, 0.0], [6.0, 6.0]]).tolist()
    ['low', 'high']
    >>> lower, upper = hard.margin_interval_[0]
    >>> bool(upper - lower <= 1e-9 * upper)
    True
    >>> hard.verify(X, y)  # once more, in exact arithmetic
    >>> LpSVC(p=1.5, C=10.0).fit(X, y).score(X, y)
    1.0
    """

    def __init__(
        self,
        p: float = 2.0,
        C: float | None = None,
        fit_intercept: bool = True,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        *,
        tol: float = 1e-9,
        max_iter: int = 500,
        progress: ProgressLike = None,
    ) -> None:
        self.p = p
        self.C = C
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.tol = tol
        self.max_iter = max_iter
        self.progress = progress

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: Any) -> LpSVC:
        """Learn from points and their labels.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            The points.
        y : array of shape (n_samples,)
            Their labels.

        Returns
        -------
        LpSVC
            Itself.

        Raises
        ------
        NotSeparableError
            If there is no `C` and no hyperplane separates the classes; it carries the proof.
        OverflowError
            If a hyperplane leaves the range of doubles.
        """
        require_doubles(X, "X")
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"LpSVC tells classes apart: {len(self.classes_)} class among {len(y)} labels, "
                "at least two are needed"
            )
        signs = self._signs(codes)
        found = _native.fit_separators(
            rows(X, "X"),
            signs,
            exponent(self.p),
            self._costs(y, codes),
            bool(self.fit_intercept),
            solver_options(self.tol, self.max_iter),
            native_progress(self.progress, self.max_iter, "lower", "upper"),
        )
        separators: list[Separator] = []
        for column, each in enumerate(found):
            if "farkas" in each:
                raise not_separable(each, self._signed(X, signs[:, column]))
            separators.append(each)
        self._keep(separators, signs)
        return self

    def verify(self, X: Any, y: Any) -> None:
        """Check what was proven of every hyperplane in exact arithmetic, by code that the solver has no part in.

        Prices are those that the solver was given, in double precision.

        Parameters
        ----------
        X, y
            The points and labels that it was fitted to.

        Raises
        ------
        RefutedError
            If a hyperplane doesn't prove what is said of it: of other points, for example.
        """
        check_is_fitted(self)
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64, reset=False)
        known = np.isin(y, self.classes_)
        if not known.all():
            raise RefutedError(f"there was no class {y[~known][0]} among the labels")
        codes = np.searchsorted(self.classes_, y)
        intervals = self.margin_interval_ if self.C is None else self.objective_interval_
        proofs = zip(intervals, self._multipliers, self._remainders, strict=True)
        planes: list[Plane] = [
            {
                "w": np.asarray(w, dtype=float),
                "intercept": float(intercept),
                "multipliers": multipliers,
                "remainder": remainder,
                "lower": float(lower),
                "upper": float(upper),
            }
            for w, intercept, ((lower, upper), multipliers, remainder) in zip(
                self.coef_, self.intercept_, proofs, strict=True
            )
        ]
        refutations = _native.verify_separators(
            rows(X, "X"),
            self._signs(codes),
            exponent(self.p),
            self._costs(y, codes),
            bool(self.fit_intercept),
            planes,
        )
        for column, refutation in enumerate(refutations):
            if refutation is not None:
                claimed = self.classes_[column] if len(refutations) > 1 else self.classes_[1]
                raise RefutedError(f"class {claimed}: {refutation}")

    def _signs(self, codes: Any) -> Float2D:
        """One column for each hyperplane: 1 for the points of its class, -1 for others."""
        positive = range(1, 2) if len(self.classes_) == 2 else range(len(self.classes_))
        return np.stack([np.where(codes == k, 1.0, -1.0) for k in positive], axis=1)

    def _costs(self, y: Any, codes: Any) -> Float1D | None:
        if self.C is None:
            if self.class_weight is not None:
                raise ValueError("class_weight needs a price C: hard margins give up no point")
            return None
        weights = compute_class_weight(self.class_weight, classes=self.classes_, y=y)
        return np.asarray(float(self.C) * weights[codes], dtype=float)

    def _signed(self, X: Any, signs: Float1D) -> Rows:
        """The rows that cancel where classes can't be separated: an intercept is a column of signs."""
        signs = signs[:, None]
        if not hasattr(X, "tocsr"):
            return Rows(np.hstack([signs * X, signs]) if self.fit_intercept else signs * X, None)
        from scipy import sparse

        signed = X.multiply(signs)
        return Rows(sparse.hstack([signed, signs] if self.fit_intercept else [signed]).tocsr(), None)

    def _keep(self, separators: list[Separator], signs: Float2D) -> None:
        coefficients = np.stack([each["w"] for each in separators])
        intercepts = np.array([each["intercept"] for each in separators])
        if not (np.isfinite(coefficients).all() and np.isfinite(intercepts).all()):
            raise OverflowError("a hyperplane leaves the range of doubles: rescale the columns of X")
        self.coef_, self.intercept_ = coefficients, intercepts
        # All of them: what the support leaves out is part of the proof.
        self._multipliers = [each["multipliers"] for each in separators]
        self._remainders = [each["remainder"] for each in separators]
        dual = np.stack(self._multipliers)
        supports = dual > SUPPORT * dual.max(axis=1, keepdims=True)
        self.support_ = np.flatnonzero(supports.any(axis=0))
        self.dual_coef_ = np.where(supports, dual * signs.T, 0.0)[:, self.support_]
        self.n_iter_ = max(each["iterations"] for each in separators)
        interval = np.array([[each["lower"], each["upper"]] for each in separators])
        for name in ("margin_interval_", "objective_interval_"):
            if hasattr(self, name):
                delattr(self, name)
        setattr(self, "margin_interval_" if self.C is None else "objective_interval_", interval)
        for each in separators:
            if each["stalled"] is not None:
                warnings.warn(
                    f"LpSVC proved less than it was asked for: {each['stalled']}",
                    ConvergenceWarning,
                    stacklevel=3,
                )

    def decision_function(self, X: Any) -> Float1D | Float2D:
        """Return how far each point is on the positive side of each hyperplane.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        decisions = np.asarray(X @ self.coef_.T) + self.intercept_
        single: Float1D | Float2D = decisions[:, 0] if decisions.shape[1] == 1 else decisions
        return single

    def predict(self, X: Any) -> Any:
        """Return the label of the class that claims each point most.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        decisions = self.decision_function(X)
        codes = (decisions > 0).astype(int) if decisions.ndim == 1 else decisions.argmax(axis=1)
        return self.classes_[codes]

    def path(self, X: Any, y: Any, exponents: Iterable[float]) -> list[LpSVC]:
        """Return a fitted copy for each exponent.

        Parameters
        ----------
        X, y
            As those of `fit`.
        exponents : iterable of float
            The exponents.

        Returns
        -------
        list of LpSVC
        """
        return [clone(self).set_params(p=p).fit(X, y) for p in exponents]
