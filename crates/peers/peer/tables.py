"""Hard margins on scikit-learn's tables, raw and standardised, with and without a bias: needs numpy and scikit-learn.

    python tables.py FOLDER                      writes FOLDER/NAME.npz (X, y) for each
    python tables.py FOLDER --solve 'COMMAND'    and runs COMMAND FILE --p P --out DIR on each, at every exponent

COMMAND is `cargo xtask svm`, or the program that it runs. A line for each solve that isn't certified at 1e-9 or proven not to be
separable, and a count of each at the end.
"""

import argparse
import collections
import json
import pathlib
import shlex
import subprocess

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine

EXPONENTS = ["1", "1.01", "1.1", "1.5", "2", "3", "10", "50", "inf"]


def tables():
    iris, wine, cancer, digits = (load(return_X_y=True) for load in (load_iris, load_wine, load_breast_cancer, load_digits))
    for name, (x, y), one in [
        ("iris_setosa", iris, 0),
        ("iris_virginica", iris, 2),
        ("wine_0", wine, 0),
        ("wine_2", wine, 2),
        ("breast_cancer", cancer, 1),
        ("digits_0", digits, 0),
        ("digits_8", digits, 8),
    ]:
        y = np.where(y == one, 1.0, -1.0)
        spread = x.std(axis=0)
        for kind, table in [("raw", x), ("standardised", (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0))]:
            yield f"{name}_{kind}", table, y
            yield f"{name}_{kind}_bias", np.hstack([table, np.ones((len(table), 1))]), y


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--solve")
    parser.add_argument("--p", default=",".join(EXPONENTS))
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    counts = collections.Counter()
    for name, x, y in tables():
        file = arguments.folder / f"{name}.npz"
        np.savez(file, X=x, y=y)
        if not arguments.solve or arguments.only not in name:
            continue
        for p in arguments.p.split(","):
            out = arguments.folder / "out" / f"{name}_{p}"
            command = [*shlex.split(arguments.solve), str(file), "--p", p, "--out", str(out)]
            ended = subprocess.run(command, capture_output=True, text=True)
            path = out / "result.json"
            result = json.loads(path.read_text()) if path.exists() else {}
            finding = result.get("finding")
            kind = "failed" if not result else "certified" if finding is None else finding["kind"]
            counts[kind] += 1
            seconds = result.get("solve_seconds", float("nan"))
            if kind == "failed":
                print(f"{name}, p = {p}: {ended.stderr.strip()[-200:]}", flush=True)
            elif kind == "inconclusive" or seconds > 10:
                gap = f", gap {finding['relative_gap']}: {finding['reason']}" if kind == "inconclusive" else ""
                print(f"{name}, p = {p}: {kind} in {seconds:.2f} s{gap}", flush=True)
    print(dict(counts))


if __name__ == "__main__":
    main()
