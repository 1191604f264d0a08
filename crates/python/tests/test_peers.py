"""Other solvers find no better."""

import numpy as np
import pytest

from mirrorhead.svm import LpSVC, max_margin


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, np.inf])
@pytest.mark.parametrize(("shape", "seed"), [((12, 5), 1), ((40, 15), 2), ((15, 40), 3)])
def test_hard_margins_are_those_of_clarabel(p, shape, seed):
    cvxpy = pytest.importorskip("cvxpy")
    random = np.random.default_rng(seed)
    rows = random.normal(size=shape) + np.r_[4.0, np.zeros(shape[1] - 1)]
    found = max_margin(rows, p)
    w = cvxpy.Variable(shape[1])
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.norm(w, p)), [rows @ w >= 1])
    problem.solve(solver=cvxpy.CLARABEL)
    # Clarabel stops at 1e-8, and its point is feasible to that.
    assert found.lower <= (1 + 1e-6) / problem.value
    assert found.upper >= (1 - 1e-6) / problem.value


@pytest.mark.parametrize("p", [1.5, 2, 3])
def test_soft_margins_are_those_of_clarabel(p):
    cvxpy = pytest.importorskip("cvxpy")
    pytest.importorskip("sklearn")
    random = np.random.default_rng(4)
    X, C = random.normal(size=(50, 6)), 0.7
    y = np.where(X[:, 0] + random.normal(size=50) > 0, 1.0, -1.0)
    model = LpSVC(p=p, C=C).fit(X, y)
    w, b = cvxpy.Variable(6), cvxpy.Variable()
    slacks = cvxpy.pos(1 - cvxpy.multiply(y, X @ w + b))
    power = cvxpy.sum(cvxpy.power(cvxpy.abs(w), p)) / p
    problem = cvxpy.Problem(cvxpy.Minimize(power + C * cvxpy.sum(slacks)))
    problem.solve(solver=cvxpy.CLARABEL)
    lower, upper = model.objective_interval_[0]
    assert lower <= problem.value * (1 + 1e-6)
    assert upper >= problem.value * (1 - 1e-6)
    np.testing.assert_allclose(model.coef_[0], w.value, atol=1e-3)


def test_soft_margins_are_those_of_liblinear():
    svm = pytest.importorskip("sklearn.svm")
    random = np.random.default_rng(6)
    X = random.normal(size=(80, 7))
    y = np.where(X @ random.normal(size=7) + 0.7 * random.normal(size=80) > 0, 1, -1)
    ours = LpSVC(p=2.0, C=0.8, fit_intercept=False).fit(X, y)
    theirs = svm.LinearSVC(
        C=0.8, loss="hinge", fit_intercept=False, tol=1e-10, max_iter=1_000_000, random_state=0
    ).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)

    def objective(w):
        return 0.5 * w @ w + 0.8 * np.maximum(0.0, 1.0 - y * (X @ w)).sum()

    lower, upper = ours.objective_interval_[0]
    assert lower <= objective(theirs.coef_[0]) * (1 + 1e-12)
    assert objective(ours.coef_[0]) <= upper * (1 + 1e-12)


def test_hard_margins_with_an_intercept_are_those_of_libsvm():
    svm = pytest.importorskip("sklearn.svm")
    random = np.random.default_rng(8)
    X = np.vstack([random.normal(size=(20, 3)), random.normal(size=(20, 3)) + 8.0])
    y = np.repeat([0, 1], 20)
    ours = LpSVC(p=2.0).fit(X, y)
    theirs = svm.SVC(kernel="linear", C=1e6, tol=1e-10).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-4)
    np.testing.assert_array_equal(ours.support_, np.sort(theirs.support_))
