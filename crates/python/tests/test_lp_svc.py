"""A classifier as scikit-learn wants one."""

import pickle

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_iris, make_blobs, make_classification
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from mirrorhead.svm import LpSVC, NotSeparableError, RefutedError


@pytest.mark.parametrize("p", [1, 1.3, 2, 4, np.inf])
def test_scikit_learn_has_no_complaint(p):
    results = check_estimator(LpSVC(p=p, C=1.0), on_fail=None, on_skip=None)
    failed = [result["check_name"] for result in results if result["status"] == "failed"]
    expected = [result["check_name"] for result in results if result["expected_to_fail"]]
    assert (failed, expected) == ([], [])
    assert sum(result["status"] == "passed" for result in results) > 40


def test_classes_have_their_names():
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    model = LpSVC(p=1.5, C=1.0).fit(X, names)
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert model.coef_.shape == (3, 4) and model.intercept_.shape == (3,)
    assert model.decision_function(X).shape == (150, 3)
    assert model.score(X, names) > 0.9
    assert model.dual_coef_.shape == (3, len(model.support_))
    assert model.objective_interval_.shape == (3, 2)
    assert not hasattr(model, "margin_interval_")


def test_hard_margins():
    X, y = make_blobs(60, centers=2, random_state=1)
    model = LpSVC(p=3.0).fit(X, y)
    lower, upper = model.margin_interval_[0]
    norm = np.linalg.norm(model.coef_[0], 3)
    assert lower * norm <= 1 + 1e-9 and upper * norm >= 1 - 1e-9
    signs = np.where(y == 1, 1, -1)
    margins = signs * model.decision_function(X)
    assert margins.min() >= 1 - 1e-8
    assert (margins[model.support_] <= 1 + 1e-5).all()
    # The mirror image of w is a combination of the support vectors.
    image = np.sign(model.coef_[0]) * np.abs(model.coef_[0]) ** 2
    combination = model.dual_coef_[0] @ X[model.support_]
    np.testing.assert_allclose(combination / np.abs(combination).max(), image / np.abs(image).max(), atol=1e-4)
    np.testing.assert_allclose(model.dual_coef_.sum(), 0.0, atol=1e-9 * np.abs(model.dual_coef_).max())


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("sparse", [True, False])
def test_hard_margins_that_are_not_there_are_proven_not_to_be(fit_intercept, sparse):
    X = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [3.0, 1.0]])
    y = ["a", "b", "a", "b"]
    if sparse:
        X = pytest.importorskip("scipy.sparse").csr_array(X)
    with pytest.raises(NotSeparableError) as caught:
        LpSVC(p=1.5, fit_intercept=fit_intercept).fit(X, y)
    assert caught.value.multipliers.shape == (4,)
    caught.value.verify()
    pickle.loads(pickle.dumps(caught.value)).verify()


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("C", [None, 0.5])
@pytest.mark.parametrize("p", [1, 1.5, 2, np.inf])
def test_proofs_are_checked_again(p, C, fit_intercept):
    X, y = make_blobs(60, centers=3, n_features=4, random_state=1)
    model = LpSVC(p=p, C=C, fit_intercept=fit_intercept).fit(X, y)
    model.verify(X, y)
    pickle.loads(pickle.dumps(model)).verify(X, y)
    sparse = pytest.importorskip("scipy.sparse").csr_array(X)
    model.verify(sparse, y)
    with pytest.raises(RefutedError, match="class 0"):
        model.verify(X, (y + 1) % 3)
    with pytest.raises(RefutedError):
        model.verify(1.01 * X, y)
    with pytest.raises(RefutedError, match="no class 7"):
        model.verify(X, np.where(y == 2, 7, y))
    with pytest.raises(RefutedError, match="another problem"):
        model.verify(X[:-1], y[:-1])
    name = "margin_interval_" if C is None else "objective_interval_"
    interval = getattr(model, name)
    for forged in ([1 + 1e-6, 1 + 2e-6], [1 - 2e-6, 1 - 1e-6]):
        setattr(model, name, interval * forged)
        with pytest.raises(RefutedError, match="bound"):
            model.verify(X, y)
    setattr(model, name, interval)
    model.coef_ = model.coef_ * 1.001
    if C is not None:
        with pytest.raises(RefutedError):
            model.verify(X, y)
    with pytest.raises(NotFittedError):
        LpSVC().verify(X, y)


def test_sparse_points_are_the_same_points():
    scipy_sparse = pytest.importorskip("scipy.sparse")
    X, y = make_classification(80, 30, random_state=3)
    X[np.abs(X) < 0.7] = 0.0
    for C in (None, 0.5):
        dense = LpSVC(p=1.5, C=C, fit_intercept=True).fit(X, y)
        found = LpSVC(p=1.5, C=C, fit_intercept=True).fit(scipy_sparse.csr_matrix(X), y)
        np.testing.assert_allclose(found.coef_, dense.coef_, atol=1e-4)
        np.testing.assert_allclose(
            found.decision_function(scipy_sparse.csc_array(X)), found.decision_function(X), atol=1e-9
        )


def test_it_is_one_estimator_among_others():
    X, y = make_classification(120, 8, random_state=5)
    pipeline = make_pipeline(StandardScaler(), LpSVC(C=1.0))
    search = GridSearchCV(pipeline, {"lpsvc__p": [1.2, 2, np.inf], "lpsvc__C": [0.1, 1.0]}, n_jobs=2)
    search.fit(X, y)
    assert search.best_score_ > 0.7
    best = search.best_estimator_
    again = pickle.loads(pickle.dumps(best))
    np.testing.assert_array_equal(again.predict(X), best.predict(X))
    assert clone(best).get_params()["lpsvc__p"] == best.get_params()["lpsvc__p"]
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.6


def test_joblib_runs_many():
    joblib = pytest.importorskip("joblib")
    X, y = make_classification(60, 5, random_state=5)
    alone = [LpSVC(p=p, C=1.0).fit(X, y).coef_ for p in (1.1, 2, 3)]
    for backend in ("loky", "threading", "multiprocessing"):
        with joblib.parallel_config(backend=backend, n_jobs=2):
            fit = joblib.delayed(LpSVC.fit)
            models = joblib.Parallel()(fit(LpSVC(p=p, C=1.0), X, y) for p in (1.1, 2, 3))
        for ours, theirs in zip(models, alone, strict=True):
            np.testing.assert_array_equal(ours.coef_, theirs)


def test_weights_of_classes():
    X, y = make_classification(200, 4, weights=[0.9], flip_y=0.1, random_state=2)
    plain = LpSVC(C=0.1).fit(X, y)
    balanced = LpSVC(C=0.1, class_weight="balanced").fit(X, y)
    sizes = np.bincount(y)
    by_hand = LpSVC(C=0.1, class_weight={k: 200 / (2 * sizes[k]) for k in (0, 1)}).fit(X, y)
    np.testing.assert_array_equal(balanced.coef_, by_hand.coef_)
    assert balanced.predict(X).sum() > plain.predict(X).sum()
    with pytest.raises(ValueError, match="class_weight"):
        LpSVC(class_weight="balanced").fit(X, y)


def test_path_and_refusals():
    X, y = make_blobs(40, centers=2, random_state=1)
    path = LpSVC().path(X, y, [1, 2, np.inf])
    assert [model.p for model in path] == [1, 2, np.inf]
    np.testing.assert_array_equal(path[1].coef_, LpSVC(p=2).fit(X, y).coef_)
    with pytest.raises(NotFittedError):
        LpSVC().predict(X)
    with pytest.raises(ValueError, match="exponent"):
        LpSVC(p=0.5).fit(X, y)
    with pytest.raises(ValueError, match="price"):
        LpSVC(C=-1.0).fit(X, y)
    with pytest.warns(ConvergenceWarning, match="iteration"):
        LpSVC(C=1.0, max_iter=1).fit(X, y)


def test_progress_of_a_fit():
    X, y = make_classification(300, 20, random_state=2)
    told = []
    model = LpSVC(p=1.3, C=1.0, progress=told.append).fit(X, y)
    assert 0 < told[-1].iteration <= model.n_iter_
    assert told[-1].values["lower"] <= told[-1].values["upper"]
