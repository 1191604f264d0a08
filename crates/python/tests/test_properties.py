"""What holds whatever the shape, the type and the numbers."""

import numpy as np
import pytest

hypothesis = pytest.importorskip("hypothesis")

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mirrorhead import mirror
from mirrorhead.svm import InconclusiveError, NotSeparableError, max_margin

#: The same cases for everybody, as everywhere in the project.
settings.register_profile("pinned", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("pinned")

exponents = st.one_of(st.sampled_from([1, 1.1, 1.5, 2, 3, 10, np.inf]), st.floats(1.02, 20))
dtypes = st.sampled_from([np.float64, np.float32, np.float16, np.int64, np.int8, ">f8", bool])


@st.composite
def tables(draw):
    shape = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    dtype = np.dtype(draw(dtypes))
    elements = None
    if dtype.kind == "f":
        elements = st.floats(-100, 100, width=dtype.itemsize * 8)
    elif dtype.kind == "i":
        elements = st.integers(-100, 100)
    array = draw(hnp.arrays(dtype, shape, elements=elements))
    view = draw(st.sampled_from(["plain", "fortran", "reversed", "strided"]))
    if view == "fortran":
        return np.asfortranarray(array)
    if view == "reversed":
        return array[::-1, ::-1]
    if view == "strided":
        return np.repeat(np.repeat(array, 2, axis=0), 3, axis=1)[::2, ::3]
    return array


@given(tables(), exponents)
def test_whatever_comes_out_is_proven(rows, p):
    exact = np.array(rows, dtype=float)
    try:
        found = max_margin(rows, p)
    except NotSeparableError as error:
        error.verify()
        for j in error.whole_multipliers:
            assert 0 <= j < len(rows)
    except InconclusiveError as error:
        assert error.reason
    except ValueError as error:
        assert "range" in str(error)
    else:
        found.verify()
        margins = exact @ found.w
        assert margins.min() >= 1 - 1e-9
        same = max_margin(exact.copy(), p)
        np.testing.assert_array_equal(same.w, found.w)


@given(
    hnp.arrays(float, hnp.array_shapes(max_dims=4, max_side=5), elements=st.floats(-1e3, 1e3)),
    st.floats(1.05, 20),
)
def test_mirror_maps_are_inverses(w, p):
    u = mirror.mirror_map(w, p)
    assert u.shape == w.shape
    np.testing.assert_array_equal(np.sign(u)[np.abs(u) > 0], np.sign(w)[np.abs(u) > 0])
    tiny = np.abs(w) ** max(p - 1, 1 / (p - 1)) < 1e-290
    back = mirror.inverse_mirror_map(u, p)
    np.testing.assert_allclose(back[~tiny], w[~tiny], rtol=1e-12)


@given(st.data(), st.floats(1.1, 6))
def test_steps_in_torch_are_those_of_rust(data, p):
    torch = pytest.importorskip("torch")
    from mirrorhead.torch import MirrorDescent

    shape = data.draw(hnp.array_shapes(max_dims=2, max_side=5))
    arrays = hnp.arrays(float, shape, elements=st.floats(-10, 10, allow_subnormal=False))
    start, gradients = data.draw(arrays), [data.draw(arrays) for _ in range(3)]
    normalized = data.draw(st.booleans())
    w = torch.nn.Parameter(torch.tensor(start))
    ours = MirrorDescent([w], lr=0.1, p=p, normalized=normalized)
    step = "normalized" if normalized else "constant"
    theirs = mirror.MirrorDescent([start], lr=0.1, p=p, step=step)
    for gradient in gradients:
        w.grad = torch.tensor(gradient)
        ours.step()
        theirs.step([gradient])
    expected = theirs.dual[0]
    dual = mirror.mirror_map(w, p) if p == 2 else ours.state[w]["dual"].numpy()
    largest = np.abs(expected).max(initial=0.0)
    np.testing.assert_allclose(dual, expected, rtol=0, atol=1e-13 * largest + 1e-300)
