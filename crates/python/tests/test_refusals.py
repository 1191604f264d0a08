"""What makes no sense is refused with a typed error that says where; what only looks strange is read right."""

import numpy as np
import pytest

from mirrorhead import attention, mirror
from mirrorhead.svm import InconclusiveError, NotSeparableError, margin_interval, max_margin

A = np.array([[2.0, 1.0], [1.5, -0.5], [1.0, 1.0], [2.0, -0.5]])
X = np.random.default_rng(0).normal(size=(3, 4, 2))
Y = [1, -1, 1]
NAN, INF = np.nan, np.inf


@pytest.fixture(scope="module")
def head():
    data, decoder = attention.sphere_tokens(3, 4, 3, seed=1)
    return data, decoder, attention.gaussian_matrix(3, 3, seed=1)


def spoilt(value):
    rows = A.copy()
    rows[2, 1] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "error", "words"),
    [
        (spoilt(NAN), ValueError, r"A\[2, 1\] is nan: every entry must be finite"),
        (spoilt(-INF), ValueError, r"A\[2, 1\] is -inf"),
        ([[1, None]], ValueError, r"A\[0, 1\] is nan"),
        (None, TypeError, "A is missing"),
        ([], ValueError, "expected a matrix"),
        (np.zeros((0, 2)), ValueError, "no rows"),
        (np.zeros((2, 0)), ValueError, "no columns"),
        (A[0], ValueError, "expected a matrix"),
        (A[None], ValueError, "expected a matrix"),
        (A + 1j, ValueError, "Complex"),
        (np.array([[2**53 + 1, 1], [1, 2]]), ValueError, "9007199254740993, which no double is"),
        ([[1, 2], [3]], ValueError, "inhomogeneous"),
        ("abc", ValueError, "could not convert"),
        ([[10**400, 1]], OverflowError, "too large"),
        (np.array([["2020-01-01"]], dtype="M8[D]"), TypeError, "times"),
        (np.ma.array(A, mask=A > 1.9), ValueError, "masked"),
        ((row for row in A), TypeError, "generator"),
    ],
    ids=range(17),
)
def test_rows(rows, error, words):
    with pytest.raises(error, match=words):
        max_margin(rows)


@pytest.mark.parametrize(
    "read",
    [
        np.asfortranarray,
        lambda a: np.repeat(np.repeat(a, 2, axis=0), 3, axis=1)[::2, ::3],
        lambda a: a.astype(">f8"),
        lambda a: a.astype(np.float32),
        lambda a: a.astype(np.longdouble),
        lambda a: a.astype(object),
        lambda a: a.tolist(),
        lambda a: tuple(map(tuple, a)),
        np.asmatrix,
        lambda a: np.ma.array(a),
        lambda a: pytest.importorskip("pandas").DataFrame(a, index=list("dbca")),
        lambda a: pytest.importorskip("torch").tensor(a, requires_grad=True),
        lambda a: pytest.importorskip("jax.numpy").array(a),
    ],
    ids=range(13),
)
def test_any_array_is_read(read):
    rows = A.copy()
    rows.flags.writeable = False  # nothing is written to
    np.testing.assert_array_equal(max_margin(read(rows), 1.5).w, max_margin(A, 1.5).w)


@pytest.mark.parametrize("p", [0.5, 0, -1, NAN, -INF, "abc", None, [2], 2 + 0j, np.array([1.5, 2])])
def test_exponents(p, head):
    data, decoder, W = head
    for call in (
        lambda: max_margin(A, p),
        lambda: attention.train(data, decoder, p, max_iters=3),
        lambda: attention.mirror_flow(data, decoder, p, [1.0]),
        lambda: attention.regularization_path(data, decoder, p, [1.0]),
        lambda: attention.certify(data, decoder, W, p),
        lambda: attention.certify_selection(data, decoder, [0, 0, 0], p),
        lambda: mirror.mirror_map([1.0], p),
    ):
        with pytest.raises((ValueError, TypeError)):
            call()


@pytest.mark.parametrize("p", [1, INF])
def test_a_mirror_map_has_an_exponent_between(p, head):
    data, decoder, _ = head
    assert max_margin(A, p).p == p
    with pytest.raises(ValueError, match="mirror map"):
        attention.train(data, decoder, p)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"relative_gap": 0}, ValueError, "relative_gap"),
        ({"relative_gap": NAN}, ValueError, "relative_gap"),
        ({"max_iterations": -1}, ValueError, "max_iterations = -1"),
        ({"max_iterations": 2.5}, TypeError, "max_iterations = 2.5 is no whole number"),
        ({"max_iterations": 10**30}, ValueError, "out of range"),
        ({"max_factor_rows": 0}, ValueError, "max_factor_rows"),
        ({"time_limit": -1}, ValueError, "time_limit"),
        ({"time_limit": NAN}, ValueError, "time_limit"),
        ({"start": 1}, TypeError, "start is a Solution or a pair"),
        ({"start": ([1], [1])}, ValueError, "start"),
        ({"start": ([NAN] * 2, [0] * 4)}, ValueError, "start"),
        ({"bounds": [1, 1]}, ValueError, "expected 4"),
        ({"bounds": [0] * 4}, ValueError, "no bound is positive"),
        ({"bounds": [NAN] * 4}, ValueError, "NaN"),
        ({"progress": 1}, TypeError, "progress"),
    ],
    ids=str,
)
def test_options_of_a_solve(options, error, words):
    with pytest.raises(error, match=words):
        max_margin(A, **options)


def test_no_time_limit_is_none():
    found = max_margin(A, time_limit=INF, max_iterations=500.0)
    np.testing.assert_array_equal(found.w, max_margin(A).w)


def test_units_beyond_the_range_are_told():
    with pytest.raises(ValueError, match="rescale"):
        max_margin(A * 1e-320)
    # The last units that hold the rows: the margin is that of the rows in others.
    assert max_margin(A * 8e307).lower / 8e307 == pytest.approx(max_margin(A).lower, rel=1e-9)
    # No claim where the margin itself is beyond the range.
    with pytest.raises((InconclusiveError, NotSeparableError)) as caught:
        max_margin(np.array([[1.7e308, 1.7e308]]))
    assert caught.type is InconclusiveError
    assert margin_interval(A, 1.5, [NAN, 1], [1] * 4)[0] == -INF  # proves nothing


def damaged(sparse, **arrays):
    rows = sparse.csr_array(A)
    for name, array in arrays.items():
        setattr(rows, name, np.array(array))
    return rows


def test_damaged_sparse_rows_are_refused_before_they_are_sorted():
    sparse = pytest.importorskip("scipy.sparse")
    columns = [0, 1] * 4
    for arrays in (
        {"indptr": [0, 3, 2, 6, 8]},
        {"indptr": [0, 2, 4, 6, 80]},
        {"indices": [7, *columns[1:]]},
        {"indices": [-1, *columns[1:]]},
    ):
        with pytest.raises(ValueError, match="no valid sparse matrix|[Ii]nd"):
            max_margin(damaged(sparse, **arrays))
    with pytest.raises(ValueError, match="expected a matrix"):
        max_margin(sparse.coo_array(np.array([1.0, 2.0])))
    with pytest.raises(ValueError, match="NaN"):
        max_margin(sparse.csr_array([[NAN, 1.0]]))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([], []), ValueError, "no sequence"),
        ((X, [1, 0, 1]), ValueError, "label 1 is 0"),
        ((X, np.array([True, False, True])), ValueError, "label 1 is 0"),
        ((X, [1, -1]), ValueError, "expected 3, found 2"),
        ((X, ["a", "b", "a"]), ValueError, "could not convert"),
        ((X[0], Y), ValueError, r"X\[0\]: expected a matrix"),
        (([X[0], np.zeros((0, 2)), X[1]], Y), ValueError, "no token"),
        (([X[0], np.ones((4, 3)), X[1]], Y), ValueError, "different dimensions"),
        (([X[0], np.where(X[1] == X[1, 2, 0], NAN, X[1]), X[2]], Y), ValueError, r"X\[1\]\[2, 0\] is nan"),
        ((X, Y, np.zeros((3, 3))), ValueError, "queries"),
        ((X, Y, np.full((3, 2), INF)), ValueError, r"Z\[0, 0\] is inf"),
    ],
    ids=range(11),
)
def test_data_sets(arguments, error, words):
    with pytest.raises(error, match=words):
        attention.Dataset(*arguments)


def test_tokens_of_any_library_are_read():
    torch = pytest.importorskip("torch")
    plain = attention.Dataset(X, Y)
    for tokens in (torch.tensor(X), [torch.tensor(x, requires_grad=True) for x in X], X.tolist(), np.asfortranarray(X)):
        same = attention.Dataset(tokens, torch.tensor(Y))
        for ours, theirs in zip(same.X, plain.X, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_selection_is_of_whole_numbers(head):
    data, decoder, _ = head
    expected = attention.certify_selection(data, decoder, [0, 1, 2], 2).solution.w
    for same in ((0, 1, 2), np.array([0, 1, 2], dtype=np.int8), [0.0, 1.0, 2.0]):
        found = attention.certify_selection(data, decoder, same, 2).solution.w
        np.testing.assert_array_equal(found, expected)
    for wrong in ([0.5, 0, 0], [-1, 0, 0], [0, 0, 9], [0, 0], [[0, 0, 0]], "abc", None, [0, NAN, 0], [2**70, 0, 0]):
        with pytest.raises((ValueError, TypeError)):
            attention.certify_selection(data, decoder, wrong, 2)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"lr": 0}, ValueError, "step size"),
        ({"lr": NAN}, ValueError, "step size"),
        ({"lr": 1e308}, OverflowError, "range"),
        ({"step": "foo"}, ValueError, "no step rule"),
        ({"step": None}, ValueError, "no step rule"),
        ({"momentum": 1}, ValueError, "memory"),
        ({"loss": "foo"}, ValueError, "no loss"),
        ({"max_iters": 2.7}, TypeError, "max_iters = 2.7"),
        ({"max_iters": -1}, ValueError, "max_iters = -1"),
        ({"max_iters": 2**70}, ValueError, "max_iters"),
        ({"snapshots": [2.5]}, TypeError, "snapshot"),
        ({"risk_below": NAN}, ValueError, "risk_below"),
        ({"start": np.zeros((2, 2))}, ValueError, "2 x 2, the risk wants 3 x 3"),
        ({"start": np.full((3, 3), NAN)}, ValueError, r"start\[0, 0\] is nan"),
        ({"start": 3}, ValueError, "expected a matrix"),
        ({"progress": 3}, TypeError, "progress"),
    ],
    ids=str,
)
def test_options_of_a_run(options, error, words, head):
    data, decoder, _ = head
    with pytest.raises(error, match=words):
        attention.train(data, decoder, 1.5, **{"max_iters": 5, **options})


def test_shapes_and_kinds_of_what_a_run_is_given(head):
    data, decoder, W = head
    refused = {
        "attention.Dataset": lambda: attention.train(X, decoder),
        r"decoder\[1\] is nan": lambda: attention.train(data, [0.0, NAN, 1.0]),
        "entries of the decoder": lambda: attention.train(data, decoder[:2]),
        "decoder is missing": lambda: attention.certify(data, None, W, 2),
        "expected 2 arrays, found 3": lambda: attention.train_joint(data, start=W),
        "expected 2 arrays, found 1": lambda: attention.train_factored(data, decoder, start=[W]),
        "zeros would stay zeros": lambda: attention.train_factored(data, decoder, start=None),
        "radii: expected": lambda: attention.regularization_path(data, decoder, 2, 5.0),
        "radius = 0": lambda: attention.regularization_path(data, decoder, 2, [0.0]),
        "number of radii": lambda: attention.regularization_path(data, decoder, 2, [[1.0, 2.0]]),
        "log-time": lambda: attention.mirror_flow(data, decoder, 2, [1.0, 0.5]),
        "max_steps": lambda: attention.mirror_flow(data, decoder, 2, [1.0], max_steps=-1),
        "n_starts = -1": lambda: attention.basins(data, decoder, 2, n_starts=-1),
        "saturated": lambda: attention.basins(data, decoder, 2, n_starts=1, saturated=2),
        "saturated = nan": lambda: attention.certify(data, decoder, W, 2, saturated=NAN),
        "seed = -1": lambda: attention.sphere_tokens(2, 2, 2, seed=-1),
        "n_tokens must be": lambda: attention.sphere_tokens(2, 0, 2),
        "dim = 1.5": lambda: attention.sphere_tokens(2, 2, 1.5),
        "more than 10 selections": lambda: attention.enumerate_selections(data, decoder, 2, max_selections=10),
        r"key_query\[0, 0\]": lambda: attention.certify(data, decoder, np.full((3, 3), INF), 2),
        "rows of the key-query": lambda: attention.attention_weights(data, W[:2]),
    }
    for words, call in refused.items():
        with pytest.raises((ValueError, TypeError), match=words):
            call()


def test_one_sequence_and_one_token(head):
    one = attention.Dataset([[[1.0, 0.0]]], [1])
    assert attention.train(one, [1.0, 0.0]).reason == "stationary"
    assert attention.mirror_flow(one, [1.0, 0.0], 2, [1.0]).stop == "reached"
    with pytest.raises(ValueError, match="no rows"):
        attention.certify_selection(one, [1.0, 0.0], [0], 2)
    two = attention.Dataset([[[1.0, 0.0], [0.0, 1.0]]], [1])
    assert attention.certify_selection(two, [1.0, 0.0], [0], 2).optimality == "global"
