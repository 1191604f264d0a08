"""Mirror descent in PyTorch takes the steps of the Rust crates."""

import copy
import io

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mirrorhead import mirror
from mirrorhead.torch import MirrorDescent

#: A few roundings of a power and a step: whole powers are multiplied out there and not here.
ULPS = 64 * np.finfo(float).eps


def weights(values, dtype=torch.float64):
    return torch.nn.Parameter(torch.tensor(values, dtype=dtype))


def stepped(optimizer, w, gradients):
    trajectory = []
    for gradient in gradients:
        w.grad = torch.as_tensor(gradient, dtype=w.dtype)
        optimizer.step()
        trajectory.append(w.detach().clone())
    return trajectory


@pytest.mark.parametrize("foreach", [False, True])
def test_golden_steps(golden, foreach):
    for case in golden["mirror"]:
        w = weights(case["start"])
        settings = {k: case[k] for k in ("lr", "p", "momentum", "nesterov", "normalized")}
        optimizer = MirrorDescent([w], foreach=foreach, **settings)
        for ours, theirs in zip(
            stepped(optimizer, w, case["gradients"]), case["trajectory"], strict=True
        ):
            theirs = np.array(theirs)
            # What a few roundings of the dual points, as large as the largest is, make of the weights.
            u, e = np.abs(theirs) ** (case["p"] - 1), 1 / (case["p"] - 1)
            slack = (u + ULPS * u.max()) ** e - u**e + ULPS * np.abs(theirs)
            np.testing.assert_array_less(np.abs(ours.numpy() - theirs), slack + 1e-300)
        if case["p"] != 2:
            dual = optimizer.state[w]["dual"].numpy()
            np.testing.assert_allclose(dual, case["dual"], rtol=ULPS, atol=ULPS)


@pytest.mark.parametrize("p", [1.05, 1.37, 2.5, 7.0])
def test_many_steps_agree_with_rust(p):
    random = np.random.default_rng(3)
    start = random.normal(size=(5, 4))
    w = weights(start)
    ours = MirrorDescent([w], lr=0.01, p=p, normalized=True)
    theirs = mirror.MirrorDescent([start], lr=0.01, p=p)
    for _ in range(100):
        gradient = random.normal(size=(5, 4))
        w.grad = torch.tensor(gradient)
        ours.step()
        theirs.step([gradient])
    dual = ours.state[w]["dual"].numpy()
    np.testing.assert_allclose(dual, theirs.dual[0], rtol=0, atol=1e-13 * np.abs(theirs.dual[0]).max())


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}])
@pytest.mark.parametrize("foreach", [False, True])
def test_at_two_it_is_sgd(options, foreach):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1)).double()
    twin = copy.deepcopy(model)
    ours = MirrorDescent(model.parameters(), lr=0.1, p=2.0, foreach=foreach, **options)
    theirs = torch.optim.SGD(twin.parameters(), lr=0.1, **options)
    x, y = torch.randn(20, 6, dtype=torch.float64), torch.randn(20, 1, dtype=torch.float64)
    for _ in range(20):
        for net, optimizer in ((model, ours), (twin, theirs)):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(net(x), y).backward()
            optimizer.step()
    for a, b in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)


def test_foreach_changes_no_bit():
    random = np.random.default_rng(3)
    starts = [random.normal(size=shape) for shape in [(3, 4), (7,), (2, 2, 2)]]
    results = []
    for foreach in (False, True):
        ws = [weights(start, torch.float32) for start in starts]
        optimizer = MirrorDescent(
            ws, lr=0.1, p=1.3, momentum=0.8, weight_decay=0.1, normalized=True, foreach=foreach
        )
        again = np.random.default_rng(4)
        for _ in range(5):
            for w in ws:
                w.grad = torch.tensor(again.normal(size=tuple(w.shape)), dtype=torch.float32)
            optimizer.step()
        results.append(ws)
    for a, b in zip(*results, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_a_state_goes_on_where_it_was():
    gradients = np.random.default_rng(1).normal(size=(6, 4))
    settings = {"lr": 0.1, "p": 1.2, "momentum": 0.9}
    w = weights(np.linspace(-1, 1, 4))
    whole = stepped(MirrorDescent([w], **settings), w, gradients)
    w = weights(np.linspace(-1, 1, 4))
    first = MirrorDescent([w], **settings)
    stepped(first, w, gradients[:3])
    buffer = io.BytesIO()
    torch.save({"optimizer": first.state_dict(), "w": w.detach()}, buffer)
    buffer.seek(0)
    saved = torch.load(buffer, weights_only=True)
    resumed = torch.nn.Parameter(saved["w"])
    second = MirrorDescent([resumed], lr=1.0)
    second.load_state_dict(saved["optimizer"])
    assert second.param_groups[0]["p"] == 1.2
    for ours, theirs in zip(stepped(second, resumed, gradients[3:]), whole[3:], strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("p", [1.5, 2.0])
def test_half_precision_keeps_a_wide_dual_point(dtype, p):
    w = weights([1.0, -0.5, 0.25], dtype)
    optimizer = MirrorDescent([w], lr=1e-5, p=p)
    start = w.detach().clone()
    for _ in range(2_000):  # steps that the weights' type can't see one by one
        w.grad = torch.ones(3, dtype=dtype)
        optimizer.step()
    assert optimizer.state[w]["dual"].dtype == torch.float32
    exact = weights(start.double().tolist())
    reference = MirrorDescent([exact], lr=2e-2, p=p)
    exact.grad = torch.ones(3, dtype=torch.float64)
    reference.step()
    torch.testing.assert_close(w.double(), exact.double(), rtol=2 * torch.finfo(dtype).eps, atol=1e-3)
    # Loading keeps the width.
    second = MirrorDescent([w], lr=1e-5, p=p)
    second.load_state_dict(optimizer.state_dict())
    torch.testing.assert_close(second.state[w]["dual"], optimizer.state[w]["dual"], rtol=0, atol=0)
    assert second.state[w]["dual"].dtype == torch.float32


def test_weights_set_by_somebody_else_count():
    w = weights([1.0, 2.0, 3.0])
    optimizer = MirrorDescent([w], lr=0.1, p=1.5)
    stepped(optimizer, w, np.ones((2, 3)))
    kept = w.detach().clone()
    with torch.no_grad():
        w.data[1] = 0.25
    fresh = weights([0.25])
    reference = MirrorDescent([fresh], lr=0.1, p=1.5)
    stepped(reference, fresh, np.ones((1, 1)))
    undisturbed = weights(kept.tolist())
    stepped(MirrorDescent([undisturbed], lr=0.1, p=1.5), undisturbed, np.ones((1, 3)))
    stepped(optimizer, w, np.ones((1, 3)))
    torch.testing.assert_close(w[1], fresh[0])
    torch.testing.assert_close(w[[0, 2]], undisturbed[[0, 2]], rtol=1e-12, atol=0)


def test_weights_without_a_gradient_stay():
    w = weights([0.3, -0.7, 1e-30])
    before = w.detach().clone()
    optimizer = MirrorDescent([w], lr=0.1, p=1.7)
    stepped(optimizer, w, np.zeros((3, 3)))
    torch.testing.assert_close(w.detach(), before, rtol=0, atol=0)
    other = weights([1.0])
    optimizer.add_param_group({"params": [other], "p": 3.0})
    optimizer.step()  # other has no gradient
    assert other.item() == 1.0


def test_weight_decay_shrinks_weights():
    for p in (1.3, 2.0, 4.0):
        w = weights([2.0, -3.0])
        stepped(MirrorDescent([w], lr=0.1, p=p, weight_decay=0.5), w, np.zeros((1, 2)))
        torch.testing.assert_close(w.detach(), torch.tensor([1.9, -2.85], dtype=torch.float64))


def test_small_gradients_have_a_direction():
    for dtype, tiny in ((torch.float32, 1e-30), (torch.float64, 1e-300)):
        ends = []
        for scale in (1.0, tiny):
            w = weights([0.5, -0.5], dtype)
            optimizer = MirrorDescent([w], lr=0.1, p=1.1, normalized=True)
            w.grad = torch.tensor([3.0, 4.0], dtype=dtype) * scale
            optimizer.step()
            ends.append(w.detach().clone())
        torch.testing.assert_close(*ends)


def test_groups_schedules_and_closures():
    w, v = weights([1.0]), weights([1.0])
    groups = [{"params": [w], "p": 1.5}, {"params": [v], "p": 3.0, "lr": 0.5}]
    optimizer = MirrorDescent(groups, lr=0.1)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)

    def closure():
        optimizer.zero_grad()
        loss = (w * v).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 1.0
    schedule.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0.05, 0.25]
    assert repr(optimizer).startswith("MirrorDescent")
    pickled = copy.deepcopy(optimizer)
    assert pickled.param_groups[0]["p"] == 1.5


def test_scaled_mixed_precision():
    torch.manual_seed(0)
    model = torch.nn.Linear(8, 1)
    optimizer = MirrorDescent(model.parameters(), lr=0.05, p=1.5)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**8)
    x, y = torch.randn(64, 8), torch.randn(64, 1)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = torch.nn.functional.mse_loss(model(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("normalized", [False, True])
def test_a_compiled_step_is_the_same_step(normalized):
    ends = []
    for compiled in (False, True):
        w = weights([0.5, -2.0, 1.0])
        optimizer = MirrorDescent([w], lr=0.1, p=1.5, momentum=0.5, normalized=normalized)
        step = torch.compile(optimizer.step, backend="eager") if compiled else optimizer.step
        for k in range(4):
            w.grad = torch.tensor([1.0, -1.0, 0.5 * k], dtype=torch.float64)
            step()
        ends.append(w.detach().clone())
    torch.testing.assert_close(*ends, rtol=1e-14, atol=0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"p": 1.0}, "exponent"),
        ({"p": float("inf")}, "exponent"),
        ({"p": float("nan")}, "exponent"),
        ({"lr": -1.0}, "lr"),
        ({"momentum": 1.0}, "momentum"),
        ({"weight_decay": -0.1}, "weight_decay"),
        ({"nesterov": True}, "nesterov"),
    ],
)
def test_misuse_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        MirrorDescent([weights([1.0])], **settings)


def test_sparse_gradients_are_refused():
    embedding = torch.nn.Embedding(5, 2, sparse=True)
    optimizer = MirrorDescent(embedding.parameters(), lr=0.1)
    embedding(torch.tensor([1])).sum().backward()
    with pytest.raises(RuntimeError, match="sparse"):
        optimizer.step()


def test_it_finds_the_max_margin_direction_of_its_norm():
    from mirrorhead.svm import max_margin

    random = np.random.default_rng(2)
    rows = random.normal(size=(12, 4)) + np.array([2.0, 0, 0, 0])
    x = torch.tensor(rows)
    for p in (1.5, 3.0):
        w = weights(np.zeros(4))
        optimizer = MirrorDescent([w], lr=0.1, p=p, normalized=True)
        for k in range(6_000):
            optimizer.param_groups[0]["lr"] = 0.1 / (1 + k / 200)
            optimizer.zero_grad()
            torch.logsumexp(-(x @ w), 0).backward()
            optimizer.step()
        distances = {q: mirror.directional_bregman(max_margin(rows, q).w, w, p) for q in (1.5, 2, 3)}
        assert min(distances, key=distances.get) == p
        assert distances[p] < 1e-2
