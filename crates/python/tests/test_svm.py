"""Solutions, proofs and refusals."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

import mirrorhead
from mirrorhead.svm import (
    LpSVC,
    InconclusiveError,
    NotSeparableError,
    Progress,
    RefutedError,
    Solution,
    margin_interval,
    max_margin,
    max_margin_path,
)

EXPONENTS = [1, 1.05, 1.5, 2, 3, 10, np.inf]


@pytest.mark.parametrize("p", EXPONENTS)
def test_a_solution_is_proven(separable, p):
    found = max_margin(separable, p)
    assert found.relative_gap <= 1e-9
    assert found.slacks().min() >= -1e-9
    assert np.linalg.norm(found.w, p) * found.upper >= 1 - 1e-12
    found.verify()
    assert margin_interval(separable, p, found.w, found.multipliers) == (found.lower, found.upper)


@pytest.mark.parametrize("p", EXPONENTS)
def test_sparse_rows_are_the_same_rows(separable, p):
    sparse = pytest.importorskip("scipy.sparse")
    separable[separable < -0.5] = 0.0
    dense = max_margin(separable, p)
    for kind in (sparse.csr_array, sparse.csc_array, sparse.coo_array, sparse.csr_matrix):
        found = max_margin(kind(separable), p)
        assert abs(found.margin - dense.margin) <= 2e-9 * dense.margin
        found.verify()


def test_unsorted_duplicated_and_wide_indices_are_read():
    sparse = pytest.importorskip("scipy.sparse")
    data, indices = np.array([1.0, 2.0, 1.0, 3.0]), np.array([1, 0, 1, 1])
    for width in (np.int32, np.int64):
        rows = sparse.csr_array(
            (data, indices.astype(width), np.array([0, 3, 4], dtype=width)), shape=(2, 2)
        )
        before = rows.indices.copy()
        found = max_margin(rows)
        same = max_margin([[2.0, 2.0], [0.0, 3.0]])
        assert abs(found.margin - same.margin) < 1e-8
        np.testing.assert_array_equal(rows.indices, before)  # nothing of the caller's is changed


def test_bounds_and_starts(separable):
    bounds = np.where(np.arange(60) % 3 == 0, 0.0, 1.0)
    found = max_margin(separable, 3, bounds)
    assert found.slacks().min() >= -1e-9
    found.verify()
    again = max_margin(separable, 3.1, bounds, start=found)
    assert again.iterations < max_margin(separable, 3.1, bounds).iterations
    path = max_margin_path(separable, [2, 2.5, 3, np.inf])
    assert [solution.p for solution in path] == [2, 2.5, 3, np.inf]
    for solution in path:
        solution.verify()


def test_what_cannot_be_separated_is_proven():
    opposed = np.array([[1.0, 0.5], [-2.0, -1.0], [0.0, 1.0]])
    with pytest.raises(NotSeparableError) as caught:
        max_margin(opposed, 1.5)
    proof = caught.value
    assert isinstance(proof, ValueError)
    assert proof.basis is None
    combination = sum(l * opposed[j] for j, l in proof.whole_multipliers.items())
    np.testing.assert_array_equal(combination, 0.0)
    np.testing.assert_allclose(proof.multipliers.sum(), 1.0)
    proof.verify()
    again = pickle.loads(pickle.dumps(proof))
    again.verify()
    assert str(again) == str(proof)
    again._problem.A[0, 0] += 1e-16 * 3
    with pytest.raises(RefutedError):
        again.verify()


def test_contradictions_of_many_unknowns_have_a_basis():
    rows = np.random.default_rng(4).normal(size=(450, 150))
    with pytest.raises(NotSeparableError) as caught:
        max_margin(rows, 3)
    proof = caught.value
    proof.verify()
    assert proof.whole_multipliers == {}
    assert len(set(proof.basis)) == 150
    assert (proof.multipliers[proof.basis] > 0).all()
    np.testing.assert_allclose(proof.multipliers @ rows, 0.0, atol=1e-15)
    # Given the others, those of the basis are what solves the equations, whoever solves them.
    others = np.setdiff1d(np.arange(450), proof.basis)
    solved = np.linalg.solve(rows[proof.basis].T, -proof.multipliers[others] @ rows[others])
    np.testing.assert_allclose(proof.multipliers[proof.basis], solved, rtol=1e-7)
    proof._problem.A[others[0]] *= 1000.0
    with pytest.raises(RefutedError):
        proof.verify()


def test_an_intercept_is_a_column_of_the_proof():
    rng = np.random.default_rng(1)
    kinds = 10.0 * np.eye(5)[rng.integers(0, 5, 600)]
    points = np.hstack([kinds, rng.normal(size=(600, 140))])
    with pytest.raises(NotSeparableError) as caught:
        LpSVC(2.0).fit(points, rng.choice([-1.0, 1.0], 600))
    assert len(caught.value.basis) > 140
    caught.value.verify()


def test_what_is_not_proven_says_so(separable):
    with pytest.raises(InconclusiveError) as caught:
        max_margin(separable, 3, max_iterations=1)
    stalled = caught.value
    assert "iteration limit" in stalled.reason
    assert stalled.w.shape == (20,) and stalled.lower <= stalled.upper
    assert pickle.loads(pickle.dumps(stalled)).reason == stalled.reason


def test_a_forged_solution_is_refuted(separable):
    found = max_margin(separable, 1.5)
    fields = {name: getattr(found, name) for name in found.__dataclass_fields__}
    for forged in (
        {"lower": found.upper * (1 + 1e-9)},
        {"upper": found.lower * (1 - 1e-9)},
        {"w": -found.w},
        {"multipliers": -found.multipliers},
    ):
        with pytest.raises(RefutedError):
            Solution(**(fields | forged)).verify()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0, np.nan]],), "finite"),
        (([1.0, 2.0],), "matrix"),
        ((np.zeros((0, 3)),), "no rows"),
        (([[1.0]], 0.5), "exponent"),
        (([[1.0]], np.nan), "exponent"),
        (([[1.0]], 2.0, [0.0]), "positive"),
        (([[1.0]], 2.0, [1.0, 1.0]), "bounds"),
        (([[1.0 + 1j]],), "omplex"),
        (([["one"]],), "one"),
        (([[1e-320]],), "range"),
    ],
)
def test_misuse_is_a_value_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        max_margin(*arguments)


def test_solutions_travel_and_show_themselves(separable):
    found = max_margin(separable, 2)
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(again.w, found.w)
    again.verify()
    assert "margin in" in repr(found)
    assert "<table>" in found._repr_html_()


def test_the_rows_that_are_kept_are_a_copy(separable):
    found = max_margin(separable, 2)
    separable[:] = 0.0
    found.verify()


def test_solutions_are_drawn(separable):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    axes = max_margin(separable, 1).plot()
    assert len(axes.lines) == 1
    assert max_margin(separable, 2).plot(axes) is axes


def test_progress_is_told():
    rows = np.random.default_rng(1).normal(size=(400, 60)) + 0.8
    told: list[Progress] = []
    found = max_margin(rows, 1.3, progress=told.append)
    assert told[-1].iteration == found.iterations
    assert told[-1].total == 500
    assert set(told[-1].values) == {"lower", "upper"}

    class Bar:
        total, n = None, 0

        def update(self, n):
            self.n += n

        def set_postfix(self, ordered_dict=None, **values):
            self.values = values

    bar = Bar()
    max_margin(rows, 1.3, progress=bar)
    assert (bar.total, bar.n) == (500, found.iterations) and "lower" in bar.values
    with pytest.raises(TypeError, match="progress"):
        max_margin(rows, progress=3)


def test_what_progress_raises_comes_back():
    rows = np.random.default_rng(1).normal(size=(40, 6)) + 2.0

    def fail(_):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        max_margin(rows, progress=fail)
    max_margin(rows)


def test_there_is_a_version():
    assert mirrorhead.__version__.count(".") >= 2
    assert mirrorhead.n_threads() >= 1


def test_what_doubles_cannot_hold_is_part_of_the_proof():
    rng = np.random.default_rng(5)
    with_remainder = 0
    for _ in range(8):
        A = rng.standard_normal((12, 6)) * 10.0 ** rng.uniform(-12, 12, 6)
        A *= np.sign(A @ (rng.standard_normal(6) / np.abs(A).max(axis=0)))[:, None]
        found = max_margin(A, 1)
        assert found.relative_gap <= 1e-9
        found.verify()
        if found.remainder is not None:
            with_remainder += 1
            with pytest.raises(RefutedError):
                replace(found, remainder=None).verify()
            with pytest.raises(ValueError, match="remainder"):
                replace(found, remainder="[]").verify()
    assert with_remainder > 0


@pytest.mark.parametrize("p", EXPONENTS)
def test_equalities_are_part_of_the_proof(separable, p):
    random = np.random.default_rng(3)
    inside = max_margin(separable, 2).w
    equalities = random.normal(size=(2, separable.shape[1]))
    equalities -= np.outer(equalities @ inside, inside) / (inside @ inside)
    found = max_margin(separable, p, equalities=equalities)
    found.verify()
    assert found.relative_gap <= 1e-9
    np.testing.assert_allclose(equalities @ found.w, 0.0, atol=1e-12 * np.abs(found.w).max())
    assert found.upper <= max_margin(separable, p).upper
    for changed in (
        replace(found, w=np.nextafter(found.w, np.inf)),
        replace(found, lower=found.lower * (1 + 1e-6)),
        replace(found, remainder=None),
    ):
        with pytest.raises(RefutedError):
            changed.verify()
    with pytest.raises(ValueError, match="certificate"):
        replace(found, remainder="{}").verify()
    sparse = pytest.importorskip("scipy.sparse")
    again = max_margin(sparse.csr_array(separable), p, equalities=sparse.csr_array(equalities))
    np.testing.assert_allclose(again.w, found.w, rtol=1e-6, atol=1e-9)
    again.verify()
    assert pickle.loads(pickle.dumps(again)).verify() is None


def test_equalities_that_contradict_are_proven_to():
    rows = np.array([[1.0, 0.5, -2.0], [0.25, 1.0, 1.0]])
    with pytest.raises(NotSeparableError) as caught:
        max_margin(rows, equalities=rows.sum(axis=0, keepdims=True))
    caught.value.verify()
    np.testing.assert_array_equal(caught.value.multipliers, [0.5, 0.5])
    assert caught.value.whole_multipliers == {0: 1, 1: 1}
    assert caught.value.whole_equality_multipliers == {0: -1}


def test_equalities_that_make_no_sense_are_refused(separable):
    with pytest.raises(ValueError, match="equalities"):
        max_margin(separable, equalities=[[1.0, 2.0]])
    with pytest.raises(ValueError, match="equalities"):
        max_margin(separable, equalities=np.full((1, separable.shape[1]), np.nan))
    with pytest.raises(TypeError, match="start"):
        some = np.ones((1, separable.shape[1]))
        max_margin(separable, equalities=some, start=max_margin(separable))
