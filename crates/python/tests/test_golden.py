"""The package agrees with the Rust crates to the last bit."""

import numpy as np
import pytest

from mirrorhead import attention, mirror
from mirrorhead.svm import LpSVC, max_margin


def same(ours, theirs):
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs, dtype=float))


def test_max_margin(golden):
    for case in golden["max_margin"]:
        found = max_margin(case["rows"], float(case["p"]))
        same(found.w, case["w"])
        same(found.multipliers, case["multipliers"])
        assert (found.lower, found.upper) == (case["lower"], case["upper"])
        assert found.iterations == case["iterations"]


def test_classifier(golden):
    pytest.importorskip("sklearn")
    for case in golden["classifier"]:
        model = LpSVC(p=case["p"], C=case["C"]).fit(case["points"], case["labels"])
        same(model.coef_[0], case["w"])
        same(model.intercept_[0], case["intercept"])


def test_mirror_steps(golden):
    for case in golden["mirror"]:
        step = "normalized" if case["normalized"] else "constant"
        method = mirror.MirrorDescent(
            [case["start"]],
            lr=case["lr"],
            p=case["p"],
            step=step,
            momentum=case["momentum"],
            nesterov=case["nesterov"],
        )
        for gradient, after in zip(case["gradients"], case["trajectory"], strict=True):
            assert method.step([gradient])
            same(method.parameters[0], after)
        same(method.dual[0], case["dual"])


def test_training_and_certificate(golden):
    case = golden["training"]
    data, decoder = attention.sphere_tokens(6, 8, 10, seed=1)
    start = attention.gaussian_matrix(10, 10, seed=1)
    trained = attention.train(data, decoder, p=1.75, start=start, max_iters=1_500)
    same(trained.key_query, case["key_query"])
    assert trained.risk == case["risk"]
    found = attention.certify(data, decoder, trained.key_query, p=1.75)
    assert found.selection == case["selection"]
    same(found.solution.w, case["w"])
    assert found.divergence == case["divergence"]
    both = attention.train_joint(data, p=1.75, max_iters=300)
    same(both.key_query, case["joint_key_query"])
    same(both.decoder, np.ravel(case["joint_decoder"]))


def test_selections(golden):
    found = attention.enumerate_selections(attention.toy_pair(), [1.0, 0.0], p=2.0)
    assert found.total == golden["selections"]["total"]
    ours = [[list(e.selection), e.optimality, e.solution.lower] for e in found.separable]
    assert ours == golden["selections"]["separable"]


def test_flow_and_path(golden):
    data, decoder = attention.sphere_tokens(3, 4, 3, seed=1)
    start = attention.gaussian_matrix(3, 3, seed=1)
    flow = attention.mirror_flow(data, decoder, 3.0, golden["flow"]["log_times"], start=start)
    same([point.key_query for point in flow.points], golden["flow"]["key_queries"])
    path = attention.regularization_path(data, decoder, 3.0, golden["path"]["radii"])
    same([point.key_query for point in path.points], golden["path"]["key_queries"])
