"""liblinear (through scikit-learn) on the hard margins that `cargo xtask bench svm` measures: needs numpy, scipy, scikit-learn.

    python liblinear.py text ARCHIVE [--documents 2000] [--save FILE]
    python liblinear.py breast_cancer | digits [--save FILE]

The dual coordinate method of the hinge loss at a price so high that no row fails, without a bias of liblinear's own: the last column
is one. Each line is a tolerance, with CPU seconds, passes over the data, and the least margin of w over its length, which the method
itself does not prove. --save keeps the data in svmlight format, for `cargo xtask svm FILE` and `cargo xtask bench svm --only files --file FILE`.
"""

import argparse
import tarfile
import time
import warnings

import numpy as np
import scipy.sparse as sp
from sklearn.datasets import dump_svmlight_file, load_breast_cancer, load_digits
from sklearn.svm import LinearSVC

NUMBERS = 12_500
TOLERANCES = [1e-1, 1e-2, 1e-4, 1e-6, 1e-8]


def words(text):
    return "".join(c if c.isalnum() else " " for c in text).lower().split()


def reviews(archive, documents):
    """The reviews of the training part that the benchmark reads."""
    half, found = documents // 2, []
    with tarfile.open(archive) as tar:
        for entry in tar:
            parts = entry.name.split("/")
            if parts[-2:-1] not in (["pos"], ["neg"]) or parts[-3] != "train" or not parts[-1].endswith(".txt"):
                continue
            number = int(parts[-1].split("_")[0])
            if number < NUMBERS and (number + 1) * half // NUMBERS > number * half // NUMBERS:
                text = tar.extractfile(entry).read().decode("utf-8", "replace")
                found.append((number, 1.0 if parts[-2] == "pos" else -1.0, text))
    found.sort(key=lambda review: review[:2])
    return [text for _, _, text in found], np.array([label for _, label, _ in found])


def text(archive, documents):
    texts, labels = reviews(archive, documents)
    bags = [words(text) for text in texts]
    counts = {}
    for bag in bags:
        for word in set(bag):
            counts[word] = counts.get(word, 0) + 1
    kept = {word: k for k, word in enumerate(sorted(w for w, c in counts.items() if c >= 3))}
    rows, columns, values = [], [], []
    for i, bag in enumerate(bags):
        for word in bag:
            if word in kept:
                rows.append(i)
                columns.append(kept[word])
                values.append(np.log((1 + len(bags)) / (1 + counts[word])) + 1)
    x = sp.csr_matrix((values, (rows, columns)), (len(bags), len(kept)))
    x = sp.diags(1 / np.sqrt(np.asarray(x.multiply(x).sum(axis=1)).ravel())) @ x
    return sp.csr_matrix(sp.hstack([x, np.ones((len(bags), 1))])), labels


def table(loader, one):
    x, y = loader(return_X_y=True)
    return np.hstack([x, np.ones((len(x), 1))]), np.where(y == one, 1.0, -1.0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", choices=["text", "breast_cancer", "digits"])
    parser.add_argument("archive", nargs="?")
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--price", type=float, default=1e4)
    parser.add_argument("--passes", type=int, default=200_000)
    parser.add_argument("--save")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    if arguments.data == "text":
        x, y = text(arguments.archive, arguments.documents)
    else:
        x, y = table(load_breast_cancer, 1) if arguments.data == "breast_cancer" else table(load_digits, 0)
    print(f"{arguments.data}: {x.shape[0]} x {x.shape[1]}, price {arguments.price:g}")
    if arguments.save:
        dump_svmlight_file(x, y, arguments.save)
    for tolerance in TOLERANCES:
        svm = LinearSVC(loss="hinge", C=arguments.price, tol=tolerance, max_iter=arguments.passes, fit_intercept=False,
                        random_state=1)
        start = time.process_time()
        svm.fit(x, y)
        seconds = time.process_time() - start
        w = svm.coef_[0]
        margin = (y * (x @ w)).min() / np.linalg.norm(w)
        print(f"tolerance {tolerance:.0e}: {seconds:.4f} s, {svm.n_iter_} passes, margin {margin:.10e}", flush=True)


if __name__ == "__main__":
    main()
