"""Mirror descent in optax takes the steps of the Rust crates."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")

import jax.numpy as jnp

from mirrorhead.optax import mirror_descent

ULPS = 64 * np.finfo(float).eps


@pytest.fixture
def doubles():
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


def test_golden_steps(golden, doubles):
    for case in golden["mirror"]:
        settings = {k: case[k] for k in ("p", "momentum", "nesterov", "normalized")}
        method = mirror_descent(case["lr"], **settings)
        w = jnp.array(case["start"])
        state = method.init(w)
        for gradient, after in zip(case["gradients"], case["trajectory"], strict=True):
            updates, state = method.update(jnp.array(gradient), state, w)
            w = optax.apply_updates(w, updates)
            after = np.array(after)
            # The update is a difference: it rounds as the larger of the two weights does.
            slack = ULPS / (case["p"] - 1) * np.abs(after).max()
            np.testing.assert_allclose(w, after, rtol=0, atol=slack + 1e-15)
        np.testing.assert_allclose(state.dual, case["dual"], rtol=ULPS, atol=ULPS)


def test_at_two_it_is_sgd():
    ours, theirs = mirror_descent(0.1, momentum=0.9), optax.sgd(0.1, momentum=0.9)
    tree = {"w": jnp.arange(3.0), "b": jnp.ones(())}
    states = [method.init(tree) for method in (ours, theirs)]
    trees = [tree, tree]
    for k in range(5):
        gradients = jax.tree.map(lambda x: jnp.sin(x + k), tree)
        for i, method in enumerate((ours, theirs)):
            updates, states[i] = method.update(gradients, states[i], trees[i])
            trees[i] = optax.apply_updates(trees[i], updates)
    for key in tree:
        np.testing.assert_allclose(trees[0][key], trees[1][key], rtol=1e-6)


def test_schedules_jit_and_chains():
    method = optax.chain(
        optax.clip(1.0), mirror_descent(optax.linear_schedule(0.1, 0.0, 10), p=1.5, weight_decay=0.1)
    )
    w = jnp.array([1.0, -2.0])
    state = method.init(w)

    @jax.jit
    def step(w, state):
        updates, state = method.update(jnp.array([5.0, -5.0]), state, w)
        return optax.apply_updates(w, updates), state

    for _ in range(12):
        before, (w, state) = w, step(w, state)
    np.testing.assert_array_equal(w, before)  # the rate has come to zero
    assert int(state[1].count) == 12


def test_half_precision_keeps_a_wide_dual_point():
    method = mirror_descent(1e-4, p=1.5)
    w = jnp.array([1.0, -0.5], dtype=jnp.bfloat16)
    state = method.init(w)
    for _ in range(500):
        updates, state = method.update(jnp.ones(2, dtype=jnp.bfloat16), state, w)
        w = optax.apply_updates(w, updates)
    assert state.dual.dtype == jnp.float32 and w.dtype == jnp.bfloat16
    np.testing.assert_allclose(w[0], (1.0 - 0.05) ** 2, rtol=1e-2)


def test_small_gradients_have_a_direction():
    method = mirror_descent(0.1, p=1.1, normalized=True)
    w = jnp.array([0.5, -0.5])
    ends = []
    for scale in (1.0, 1e-30):
        updates, _ = method.update(jnp.array([3.0, 4.0]) * scale, method.init(w), w)
        ends.append(optax.apply_updates(w, updates))
    np.testing.assert_allclose(*ends, rtol=1e-5)
    updates, _ = method.update(jnp.zeros(2), method.init(w), w)
    np.testing.assert_array_equal(updates, 0.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"p": 1.0}, "exponent"),
        ({"momentum": 1.0}, "momentum"),
        ({"weight_decay": -1.0}, "weight_decay"),
        ({"nesterov": True}, "nesterov"),
    ],
)
def test_misuse_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        mirror_descent(0.1, **settings)


def test_parameters_are_needed():
    method = mirror_descent(0.1)
    with pytest.raises(ValueError, match="parameters"):
        method.update(jnp.ones(2), method.init(jnp.ones(2)))
