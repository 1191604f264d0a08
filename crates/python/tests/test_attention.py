"""Heads, what they converge to, and what is proven of it."""

import pickle

import numpy as np
import pytest

from mirrorhead import attention
from mirrorhead.errors import NotSeparableError, RefutedError
from mirrorhead.mirror import directional_bregman
from mirrorhead.svm import Solution


@pytest.fixture(scope="module")
def planted():
    return attention.sphere_tokens(6, 8, 10, seed=1)


@pytest.fixture(scope="module")
def trained(planted):
    start = attention.gaussian_matrix(10, 10, seed=1)
    return attention.train(*planted, p=1.75, start=start, max_iters=3_000, snapshots=[0, 10, 3_000])


def test_training_finds_the_certified_direction(planted, trained):
    found = attention.certify(*planted, trained.key_query, p=1.75)
    assert found.status == "certified" and found.is_locally_optimal
    assert found.divergence < 3e-3 < directional_bregman(
        found.key_query, attention.gaussian_matrix(10, 10, seed=2), 1.75
    )
    found.solution.verify()
    key_query, solution = attention.max_margin_key_query(planted[0], found.selection, 1.75)
    np.testing.assert_allclose(key_query, found.key_query, rtol=0, atol=1e-4 * np.abs(key_query).max())
    solution.verify()
    assert solution.slacks().min() > -1e-9
    weights = attention.attention_weights(planted[0], trained.key_query)
    assert [int(w.argmax()) for w in weights] == found.selection
    logs = attention.attention_weights(planted[0], trained.key_query, log=True)
    np.testing.assert_allclose(np.exp(np.concatenate(logs)), np.concatenate(weights), atol=1e-15)


def test_a_run_is_kept(trained):
    assert sorted(trained.snapshots) == [0, 10, 3_000]
    np.testing.assert_array_equal(trained.snapshots[3_000][0], trained.key_query)
    assert trained.trace_iterations[[0, -1]].tolist() == [0, 3_000]
    assert trained.trace_risks[-1] == trained.risk
    assert trained.reason == "max_iters" and trained.iterations == 3_000
    with pytest.raises(AttributeError, match="fixed"):
        trained.decoder  # noqa: B018


def test_data_come_in_many_forms():
    random = np.random.default_rng(1)
    X, y, Z = random.normal(size=(3, 4, 5)), np.array([1, -1, 1]), random.normal(size=(3, 5))
    v = random.normal(size=5)
    forms = [X, list(X), X.tolist(), X.astype(np.float64, order="F")]
    torch = pytest.importorskip("torch") if _has("torch") else None
    if torch is not None:
        forms += [torch.tensor(X), [torch.tensor(x, requires_grad=True) for x in X]]
    ends = [attention.train(attention.Dataset(form, y, Z), v, 1.5, max_iters=50) for form in forms]
    for end in ends[1:]:
        np.testing.assert_array_equal(end.key_query, ends[0].key_query)
    ragged = attention.Dataset([X[0], X[1][:2], X[2][:1]], y)
    assert repr(ragged) == "Dataset(n=3, T=1 to 4, d=5)"
    np.testing.assert_array_equal(ragged.Z[1], X[1][0])
    assert [len(s) for s in attention.token_scores(ragged, v)] == [4, 2, 1]


def _has(module):
    import importlib.util

    return importlib.util.find_spec(module) is not None


@pytest.mark.parametrize(
    ("X", "y", "Z", "message"),
    [
        ([], [], None, "no sequence"),
        ([np.zeros((0, 2))], [1], None, "no token"),
        ([np.ones((2, 2)), np.ones((2, 3))], [1, 1], None, "dimensions"),
        ([np.ones((2, 2))], [0.5], None, "label"),
        ([np.ones((2, 2))], [1, 1], None, "labels"),
        ([np.full((2, 2), np.nan)], [1], np.ones((1, 2)), "finite"),
        ([np.ones((2, 2))], [1], np.ones((1, 3)), "queries"),
    ],
)
def test_data_that_make_no_sense_are_refused(X, y, Z, message):
    with pytest.raises(ValueError, match=message):
        attention.Dataset(X, y, Z)


def test_misuse_of_training_is_refused(planted):
    data, v = planted
    for arguments, message in [
        ({"p": 1.0}, "exponent"),
        ({"lr": -0.1}, "step size"),
        ({"step": "large"}, "step rule"),
        ({"loss": "hinge"}, "loss"),
        ({"start": np.zeros((3, 3))}, "start"),
        ({"momentum": 1.5}, "memory"),
    ]:
        with pytest.raises(ValueError, match=message):
            attention.train(data, v, **arguments)
    with pytest.raises(ValueError, match="decoder"):
        attention.train(data, v[:3])


def test_joint_and_factored_heads(planted):
    data, v = planted
    joint = attention.train_joint(data, p=3.0, max_iters=500)
    assert joint.decoder.shape == (10,) and joint.key_query.shape == (10, 10)
    start = [0.1 * attention.gaussian_matrix(10, 4, seed=k) for k in (1, 2)]
    factored = attention.train_factored(data, v, start=start, max_iters=500)
    K, Q = factored.parameters
    np.testing.assert_array_equal(factored.key_query, K @ Q.T)
    assert factored.risk < factored.trace_risks[0]
    momentum = attention.train(data, v, momentum=0.9, nesterov=True, max_iters=100)
    assert momentum.risk < momentum.trace_risks[0]
    early = attention.train(data, v, max_iters=10_000, risk_below=0.6)
    assert early.reason == "risk_reached" and early.risk < 0.6


def test_selections_are_judged():
    data, v = attention.toy_pair(), np.array([1.0, 0.0])
    found = attention.enumerate_selections(data, v, p=2.0)
    assert found.total == 9
    best = attention.certify_selection(data, v, attention.optimal_selection(data, v), p=2.0)
    assert best.optimality == "global"
    assert best.solution.margin == pytest.approx(
        next(e.solution.margin for e in found.separable if e.selection == (1, 1)), rel=1e-9
    )
    worst = attention.certify_selection(data, v, [0, 0], p=2.0)
    assert worst.optimality == "not_optimal" and worst.rivals
    for each in found.separable:
        each.solution.verify()
    nuclear = attention.certify_selection(data, v, [1, 1], 1, norm_of="singular_values")
    nuclear.solution.verify()
    singular = np.linalg.svd(nuclear.key_query, compute_uv=False)
    assert singular.sum() * nuclear.solution.upper >= 1 - 1e-9
    with pytest.raises(RefutedError):
        fields = {k: getattr(nuclear.solution, k) for k in Solution.__dataclass_fields__}
        Solution(**(fields | {"lower": nuclear.solution.upper * (1 + 1e-6)})).verify()
    with pytest.raises(ValueError, match="token"):
        attention.certify_selection(data, v, [0, 7], 2)
    with pytest.raises(ValueError, match="norm_of"):
        attention.certify_selection(data, v, [0, 0], 2, norm_of="rows")


def test_a_selection_that_is_not_there_is_proven_not_to_be():
    X = [[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]]
    data = attention.Dataset(X, [1, 1], [[1.0, 0.0], [1.0, 0.0]])
    found = attention.certify_selection(data, [1.0, 0.0], [0, 0], 2)
    assert found.status == "not_separable"
    found.proof.verify()
    with pytest.raises(NotSeparableError) as caught:
        attention.max_margin_key_query(data, [0, 0], 2)
    pickle.loads(pickle.dumps(caught.value)).verify()


def test_relaxed_and_decoder_problems():
    data = attention.toy_pair()
    decoder = attention.max_margin_decoder(data, [1, 0], 2.0)
    decoder.verify()
    _, relaxed = attention.max_margin_key_query(data, [1, 0], 2.0, decoder_support=[0])
    relaxed.verify()
    _, full = attention.max_margin_key_query(data, [1, 0], 2.0, decoder_support=[0, 1])
    assert relaxed.lower >= full.lower - 1e-12
    assert relaxed.slacks().min() > -1e-9


def test_tied_tokens():
    X = [[[1.0, 1.0], [1.0, -1.0], [-1.0, 0.2]]]
    data = attention.Dataset(X, [1], [[1.0, 0.0]])
    found = attention.certify_selection(data, [1.0, 0.0], [0], 2)
    assert found.sets == [[0, 1]] and found.optimality in ("tied", "local", "global")
    W = attention.train(data, [1.0, 0.0], 2.0, max_iters=400).key_query
    after = attention.certify(data, [1.0, 0.0], W, 2)
    assert after.status in ("certified", "tied", "not_saturated")
    if after.solution is not None:
        after.solution.verify()


def test_flow_path_and_training_have_one_limit():
    data, v = attention.sphere_tokens(3, 4, 3, seed=1)
    start = attention.gaussian_matrix(3, 3, seed=1)
    flow = attention.mirror_flow(data, v, 3.0, [10.0, 2_300.0], start=start)
    assert flow.stop == "reached"
    far = flow.points[-1].key_query
    found = attention.certify(data, v, far, 3.0)
    assert found.status == "certified" and found.divergence < 1e-4
    path = attention.regularization_path(data, v, 3.0, np.geomspace(1, 1e5, 6), start=far)
    assert path.stop == "reached"
    norms = [np.linalg.norm(point.key_query.ravel(), 3) for point in path.points]
    np.testing.assert_allclose(norms, np.geomspace(1, 1e5, 6), rtol=1e-9)
    assert path.points[-1].residuals.max() < 1e-9
    joint = attention.mirror_flow(data, None, 2.0, [5.0])
    assert [tensor.shape for tensor in joint.points[0].parameters] == [(3, 3), (3, 1)]
    with pytest.raises(ValueError, match="log-time"):
        attention.mirror_flow(data, v, 3.0, [10.0, 5.0])


def test_flow_and_path_tell_how_far_they_are():
    data, v = attention.sphere_tokens(3, 4, 3, seed=1)
    told = []
    flow = attention.mirror_flow(data, v, 3.0, [1.0, 10.0], max_steps=500, progress=told.append)
    assert told[-1].iteration >= flow.steps > 0 and told[-1].total == 500
    assert told[-1].values == {"log_time": 10.0, "points": 2}
    told = []
    radii = [1.0, 10.0, 1e4]
    path = attention.regularization_path(data, v, 3.0, radii, progress=told.append)
    assert told[-1].iteration == told[-1].total == 3
    assert told[-1].values == {"radius": 1e4, "newton_iterations": path.newton_iterations}

    class Bar:
        total, n, shown = None, 0, None

        def update(self, n):
            self.n += n

        def set_postfix(self, ordered_dict=None, **values):
            self.shown = values

    bar = Bar()
    again = attention.regularization_path(data, v, 3.0, radii, progress=bar)
    assert (bar.total, bar.n, bar.shown) == (3, 3, {"radius": "10000"})
    np.testing.assert_array_equal(again.points[-1].key_query, path.points[-1].key_query)
    with pytest.raises(TypeError, match="progress is a function"):
        attention.mirror_flow(data, v, 3.0, [1.0], progress=3)


def test_basins():
    data, v = attention.sphere_tokens(3, 4, 5, seed=2)
    told = []
    found = attention.basins(data, v, 2.0, n_starts=24, max_iters=3_000, progress=told.append)
    assert sum(found.counts.values()) + found.unsaturated == 24
    assert told[-1].iteration == told[-1].total == 24
    assert list(found.counts.values()) == sorted(found.counts.values(), reverse=True)
    all_of_them = attention.enumerate_selections(data, v, 2.0)
    optima = {each.selection for each in all_of_them.locally_optimal}
    assert set(found.counts) <= optima  # locally optimal selections attract, others don't
    again = attention.basins(data, v, 2.0, starts=[attention.gaussian_matrix(5, 5, seed=0)], max_iters=3_000)
    np.testing.assert_array_equal(again.key_queries[0], found.key_queries[0])


def test_everything_shows_itself(planted, trained):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    data, v = attention.sphere_tokens(3, 4, 3, seed=1)
    flow = attention.mirror_flow(data, v, 3.0, [1.0, 10.0])
    path = attention.regularization_path(data, v, 3.0, [1.0, 10.0])
    shown = [
        trained,
        attention.certify(*planted, trained.key_query, p=1.75),
        attention.certify_selection(attention.toy_pair(), [1.0, 0.0], [1, 1], 2),
        flow,
        path,
        attention.basins(data, v, 2.0, n_starts=3, max_iters=500),
    ]
    for each in shown:
        assert each._repr_html_().startswith("<table>")
        assert type(each).__name__ in repr(each)
        assert each.plot().has_data()
    enumeration = attention.enumerate_selections(attention.toy_pair(), [1.0, 0.0], 2)
    assert "<table>" in enumeration._repr_html_()
    target = attention.gaussian_matrix(3, 3, seed=0)
    assert flow.plot(target=target).has_data() and path.plot(target=target).has_data()
    pyplot.close("all")
