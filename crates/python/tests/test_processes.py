"""Threads, forks and Ctrl-C."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

from mirrorhead import attention
from mirrorhead.svm import max_margin


def _margin(seed):
    rows = np.random.default_rng(seed).normal(size=(40, 10)) + 3.0
    return max_margin(rows, 1.5).lower


def test_threads_agree():
    expected = [_margin(seed) for seed in range(16)]
    found = [None] * 16

    def work(k):
        found[k] = _margin(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


def test_other_threads_run_meanwhile():
    rows = np.random.default_rng(1).normal(size=(900, 500)) + 0.3
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.005)

    ticker = threading.Thread(target=tick)
    ticker.start()
    begin = time.perf_counter()
    max_margin(rows, 1.5)
    end = time.perf_counter()
    done.set()
    ticker.join()
    # Some ticks fall into the solve: its lock is released. (A solve of this size takes many ticks.)
    assert sum(begin < tick < end for tick in ticks) >= 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_works_after_a_fork():
    here = [_margin(seed) for seed in range(4)]  # the pool of the parent is up
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        assert pool.map_async(_margin, range(4)).get(timeout=60) == here
    assert _margin(0) == here[0]


def test_the_number_of_threads_changes_no_bit():
    program = textwrap.dedent(
        """
        import hashlib, numpy as np
        from mirrorhead import attention, n_threads
        from mirrorhead.svm import max_margin
        rows = np.random.default_rng(3).normal(size=(300, 80)) + 0.8
        digest = hashlib.sha256()
        for p in (1, 1.5, np.inf):
            digest.update(max_margin(rows, p).w.tobytes())
        data, v = attention.sphere_tokens(20, 10, 12, seed=1)
        digest.update(attention.train(data, v, 1.5, max_iters=200).key_query.tobytes())
        found = attention.basins(*attention.sphere_tokens(3, 4, 5, seed=2), p=2, n_starts=6, max_iters=300)
        digest.update(np.concatenate(found.key_queries).tobytes())
        print(n_threads(), digest.hexdigest())
        """
    )
    outputs = set()
    for threads in ("1", "2", "5"):
        environment = os.environ | {"RAYON_NUM_THREADS": threads}
        run = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        count, digest = run.stdout.split()
        assert count == threads
        outputs.add(digest)
    assert len(outputs) == 1


LONG = {
    "solve": ("np.random.default_rng(1).normal(size=(6000, 3000)) + 0.1", "max_margin(data, 1.1)"),
    "train": ("attention.sphere_tokens(50, 50, 50)", "attention.train(*data, p=1.5, max_iters=10**9)"),
    "flow": (
        "attention.sphere_tokens(20, 10, 14)",
        "attention.mirror_flow(*data, 1.5, [1e6], tolerance=1e-12)",
    ),
    "path": (
        "attention.sphere_tokens(20, 10, 14)",
        "attention.regularization_path(*data, 1.5, np.geomspace(1, 1e8, 10**5))",
    ),
    # Inside of its first point.
    "point": ("attention.sphere_tokens(30, 10, 50)", "attention.regularization_path(*data, 1.1, [1e6])"),
    "basins": ("attention.sphere_tokens(9, 9, 9)", "attention.basins(*data, p=1.5, max_iters=10**8)"),
}


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("what", LONG)
def test_control_c_is_heard(what):
    data, call = LONG[what]
    program = textwrap.dedent(
        f"""
        import time, numpy as np
        from mirrorhead import attention
        from mirrorhead.svm import max_margin
        data = {data}
        print("ready", flush=True)
        try:
            {call}
        except KeyboardInterrupt:
            print("heard", flush=True)
        """
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "ready\n"
        time.sleep(1.0)
        assert run.poll() is None
        run.send_signal(signal.SIGINT)
        begin = time.perf_counter()
        assert run.stdout.readline() == "heard\n"
        heard = time.perf_counter() - begin
        # A second is promised; the rest is for a machine that is busy. Each of the calls goes on for longer.
        assert heard < 5.0
        # It ends by itself, or, inside of a long iteration, when Python does.
        run.kill()
    print(f"{what}: heard after {heard:.2f} s")


RAISING = {name: LONG[name] for name in ("train", "flow", "path", "point")}


@pytest.mark.parametrize("what", RAISING)
def test_what_a_callback_raises_ends_the_call(what):
    data, call = RAISING[what]
    told = []

    def tell(progress):
        told.append(progress)
        if len(told) == 3:
            raise LookupError("enough")

    names = {"attention": attention, "np": np, "tell": tell}
    names["data"] = eval(data, names)
    with pytest.raises(LookupError, match="enough"):
        eval(f"{call[:-1]}, progress=tell)", names)
    assert len(told) == 3


def test_data_sets_travel():
    import pickle

    data, decoder = attention.sphere_tokens(3, 4, 5, seed=1)
    again = pickle.loads(pickle.dumps(data))
    W = attention.train(data, decoder, max_iters=50).key_query
    np.testing.assert_array_equal(W, attention.train(again, decoder, max_iters=50).key_query)
