"""A step of normalized ℓp-AttGD in compiled JAX, in double precision: needs jax (CPU) and numpy.

    python jax_step.py [--sizes 6 8 10] [--p 1.75 2 3] [--steps 100000]

The textbook gradient, by automatic differentiation of the logistic risk, and the mirror step in the dual point, under `lax.scan`:
what `cargo xtask bench` measures on our side (`crates/trainer/benches/step.rs`). Data are random tokens on the sphere; each line is
an exponent with the microseconds of a step, the least of five runs. For one core, run it under `taskset -c 0`.
"""

import argparse
import time

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)


def sphere(rng, *shape):
    tokens = rng.normal(size=shape)
    return tokens / np.linalg.norm(tokens, axis=-1, keepdims=True)


def risk(w, tokens, queries, labels, decoder):
    weights = jax.nn.softmax(jnp.einsum("ntd,de,ne->nt", tokens, w, queries), axis=1)
    outputs = jnp.einsum("nt,ntd,d->n", weights, tokens, decoder)
    return jnp.mean(jax.nn.softplus(-labels * outputs))


def power(x, exponent):
    return x if exponent == 1.0 else jnp.sign(x) * jnp.abs(x) ** exponent


def runner(p, data, steps):
    """Steps too small to lead anywhere: each is measured at the start."""
    q = p / (p - 1.0)

    def step(dual, _):
        gradient = jax.grad(risk)(power(dual, q - 1.0), *data)
        length = jnp.sum(jnp.abs(gradient) ** q) ** (1.0 / q)
        return dual - 1e-12 * gradient / length, None

    return jax.jit(lambda dual: jax.lax.scan(step, dual, None, length=steps)[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs=3, default=[6, 8, 10], metavar=("n", "T", "d"))
    parser.add_argument("--p", type=float, nargs="+", default=[1.75, 2.0, 3.0])
    parser.add_argument("--steps", type=int, default=100_000)
    args = parser.parse_args()
    n, n_tokens, dim = args.sizes
    rng = np.random.default_rng(1)
    labels = rng.choice([-1.0, 1.0], n)
    data = (sphere(rng, n, n_tokens, dim), sphere(rng, n, dim), labels, sphere(rng, dim))
    start = rng.normal(size=(dim, dim))
    print(f"JAX {jax.__version__}, (n, T, d) = ({n}, {n_tokens}, {dim}), {args.steps} steps a run")
    for p in args.p:
        run = runner(p, data, args.steps)
        dual = power(start, p - 1.0)
        run(dual).block_until_ready()
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            end = run(dual).block_until_ready()
            times.append(time.perf_counter() - begin)
        assert np.isfinite(np.asarray(end)).all()
        print(f"p = {p}: {1e6 * min(times) / args.steps:.2f} us a step")


if __name__ == "__main__":
    main()
