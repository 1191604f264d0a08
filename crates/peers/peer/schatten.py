"""The AttSVM in the nuclear and the spectral norm beside CVXPY: needs cvxpy, and this project's Python package.

    python schatten.py [--sizes 6,8,10 20,8,20] [--seed 1] [--repeat 5]

Both sides are given the same random data and the same tokens (the best ones). Seconds of the solvers alone are told, the shortest of all
repetitions, with the gap that the answer proves: for the peers recomputed here from their W and multipliers, W scaled until every row holds
and multipliers scaled to the dual norm of one.
"""

import argparse
import time

import cvxpy as cp
import numpy as np
from mirrorhead.attention import max_margin_key_query, sphere_tokens

NORMS = {"nuclear": (1.0, "nuc", 2), "spectral": (np.inf, 2, "nuc")}


def constraint_matrices(data, selection):
    """One matrix (x_selected - x_other) z^T for every token that was not selected."""
    matrices = []
    for i, chosen in enumerate(selection):
        tokens, query = np.asarray(data.X[i]), np.asarray(data.Z[i])
        matrices += [np.outer(tokens[chosen] - x, query) for t, x in enumerate(tokens) if t != chosen]
    return np.array(matrices)


def proven_gap(rows, w, multipliers, norm, dual_norm):
    """The relative gap between the margin that W proves and the one that the multipliers prove."""
    margins = np.einsum("jkl,kl->j", rows, w)
    lower = margins.min() / np.linalg.norm(w, norm)
    multipliers = np.maximum(multipliers, 0.0)
    upper = np.linalg.norm(np.einsum("j,jkl->kl", multipliers, rows), dual_norm) / multipliers.sum()
    return (upper - lower) / upper


def by_cvxpy(rows, p, solver, **settings):
    """Seconds of the solver, W and multipliers."""
    w = cp.Variable(rows.shape[1:])
    flat = rows.transpose(0, 2, 1).reshape(len(rows), -1)  # column by column, as cp.vec counts
    length = cp.normNuc(w) if p == 1.0 else cp.sigma_max(w)
    holds = flat @ cp.vec(w, order="F") >= 1
    problem = cp.Problem(cp.Minimize(length), [holds])
    problem.solve(solver=solver, **settings)
    return problem.solver_stats.solve_time, w.value, holds.dual_value


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", nargs="*", default=["6,8,10", "20,8,20"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    peers = {
        "Clarabel": (cp.CLARABEL, {"tol_gap_rel": 1e-9, "tol_gap_abs": 1e-9, "tol_feas": 1e-9}),
        "SCS at 1e-6": (cp.SCS, {"eps_abs": 1e-6, "eps_rel": 1e-6, "max_iters": 1_000_000}),
    }
    for sizes in options.sizes:
        n, length, dim = (int(size) for size in sizes.split(","))
        data, decoder = sphere_tokens(n, length, dim, seed=options.seed)
        selection = [int(np.argmax(y * (np.asarray(x) @ decoder))) for x, y in zip(data.X, data.y, strict=True)]
        rows = constraint_matrices(data, selection)
        for name, (p, norm, dual_norm) in NORMS.items():
            shortest = np.inf
            for _ in range(options.repeat):
                start = time.perf_counter()
                _, solution = max_margin_key_query(data, selection, p, norm_of="singular_values")
                shortest = min(shortest, time.perf_counter() - start)
            print(f"({n}, {length}, {dim}) {name}: this {shortest:.2e} s, gap {solution.relative_gap:.0e}", end="")
            for peer, (solver, settings) in peers.items():
                found = [by_cvxpy(rows, p, solver, **settings) for _ in range(options.repeat)]
                seconds = min(took for took, _, _ in found)
                gap = proven_gap(rows, found[0][1], found[0][2], norm, dual_norm)
                print(f"; {peer} {seconds:.2e} s ({seconds / shortest:.0f} x), gap {gap:.0e}", end="")
            print()


if __name__ == "__main__":
    main()
