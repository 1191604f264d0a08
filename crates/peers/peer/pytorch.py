"""The models of mirrorhead-transformers in PyTorch: reference values for its tests, and times beside it.

Usage: pytorch.py reference                  values that tests/pytorch.rs compares with
       pytorch.py bench [--compile] [--fused] [...]
                                             tokens a second, with the options of benches/training.rs
       pytorch.py steps --weights FILE [--ours FILE] [--out FILE] [...]
                                             losses and times from the weights of `mirrorhead-gpu steps`, beside its own
"""
import argparse
import json
import math
import resource
import time

import torch
from torch import nn
from torch.nn import functional as F


class Masks(nn.Module):
    """Dropout whose masks both sides can write down: in call number c, entry k is dropped if 5 divides 7 k + 3 c."""

    calls = 0

    def forward(self, x):
        if not self.training:
            return x
        k = torch.arange(x.numel())
        factors = torch.where((7 * k + 3 * Masks.calls) % 5 == 0, 0.0, 1.25)
        Masks.calls += 1
        return x * factors.view(x.shape)


def dropout(rate):
    return nn.Dropout(rate) if isinstance(rate, float) else Masks()


class Attention(nn.Module):
    """Heads that share the width; no bias on queries, keys and values. `drop` falls on the weights."""

    def __init__(self, width, heads, bias):
        super().__init__()
        self.heads = heads
        self.queries = nn.Linear(width, width, bias=False)
        self.keys = nn.Linear(width, width, bias=False)
        self.values = nn.Linear(width, width, bias=False)
        self.output = nn.Linear(width, width, bias=bias)

    def forward(self, rows, x, mask, drop):
        n, t, width = x.shape
        split = lambda y: y.view(n, y.shape[1], self.heads, width // self.heads).transpose(1, 2)
        q, k, v = split(self.queries(rows)), split(self.keys(x)), split(self.values(x))
        if isinstance(drop, Masks):
            scores = q @ k.transpose(2, 3) / math.sqrt(width // self.heads)
            y = drop(F.softmax(scores if mask is None else scores + mask, -1)) @ v
        else:
            rate = drop.p if drop is not None and self.training else 0.0
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=rate)
        return self.output(y.transpose(1, 2).reshape(n, rows.shape[1], width))


class PostNormBlock(nn.Module):
    """norm(x + f(x)), no bias anywhere; dropout on the attention weights and on what each residual adds."""

    def __init__(self, width, heads, hidden, rate):
        super().__init__()
        self.attention = Attention(width, heads, False)
        self.attention_norm = nn.LayerNorm(width, bias=False)
        self.widen = nn.Linear(width, hidden, bias=False)
        self.narrow = nn.Linear(hidden, width, bias=False)
        self.perceptron_norm = nn.LayerNorm(width, bias=False)
        self.drop = dropout(rate)

    def forward(self, x, mask, n_rows):
        rows = x[:, :n_rows]
        rows = self.attention_norm(rows + self.drop(self.attention(rows, x, mask, self.drop)))
        return self.perceptron_norm(rows + self.drop(self.narrow(F.gelu(self.widen(rows)))))


class PreNormBlock(nn.Module):
    """x + f(norm(x)); no dropout on the attention weights, but on hidden units and on what each residual adds."""

    def __init__(self, width, heads, hidden, rate):
        super().__init__()
        self.attention = Attention(width, heads, True)
        self.attention_norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, hidden)
        self.narrow = nn.Linear(hidden, width)
        self.perceptron_norm = nn.LayerNorm(width)
        self.drop, self.none = dropout(rate), nn.Dropout(0.0)

    def forward(self, x, n_rows):
        normed = self.attention_norm(x)
        rows = x[:, :n_rows] + self.drop(self.attention(normed[:, :n_rows], normed, None, self.none))
        return rows + self.drop(self.narrow(self.drop(F.gelu(self.widen(self.perceptron_norm(rows))))))


class TextClassifier(nn.Module):
    """No dropout on the embeddings; the first token is read, so the last block computes no other."""

    def __init__(self, vocabulary, length, width, blocks, heads, hidden, rate):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(length, width)
        self.blocks = nn.ModuleList(PostNormBlock(width, heads, hidden, rate) for _ in range(blocks))
        self.classifier = nn.Linear(width, 1, bias=False)

    def forward(self, ids, lengths):
        mask = torch.zeros(ids.shape).masked_fill(torch.arange(ids.shape[1]) >= lengths[:, None], -1e4)
        mask = mask[:, None, None, :] if (lengths < ids.shape[1]).any() else None
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]
        for b, block in enumerate(self.blocks, 1):
            x = block(x, mask, 1 if b == len(self.blocks) else x.shape[1])
        return self.classifier(x[:, 0]).squeeze(-1)


class VisionTransformer(nn.Module):
    def __init__(self, side, patch, classes, width, blocks, heads, hidden, rate):
        super().__init__()
        self.patch = patch
        self.patches = nn.Linear(3 * patch * patch, width)
        self.cls = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, (side // patch) ** 2 + 1, width))
        self.blocks = nn.ModuleList(PreNormBlock(width, heads, hidden, rate) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.classifier = nn.Linear(width, classes)
        self.drop = dropout(rate)

    def forward(self, images):
        n, c, side, _ = images.shape
        p, across = self.patch, side // self.patch
        x = images.view(n, c, across, p, across, p).permute(0, 2, 4, 3, 5, 1).reshape(n, across**2, -1)
        x = torch.cat([self.cls.expand(n, -1, -1), self.patches(x)], 1) + self.positions
        x = self.drop(x)
        for b, block in enumerate(self.blocks, 1):
            x = block(x, 1 if b == len(self.blocks) else x.shape[1])
        return self.classifier(self.norm(x[:, 0]))


def wave(n, number):
    """Entries that both sides can write down: sin(0.7 k + number) / 3, k = 0, 1, ..."""
    k = torch.arange(n, dtype=torch.float64)
    return (torch.sin(0.7 * k + number) / 3).float()


def fill(model):
    """Parameter number 1, 2, ... in order of definition becomes a wave; linear maps as [in, out]."""
    for number, (name, parameter) in enumerate(model.named_parameters(), 1):
        values = wave(parameter.numel(), number)
        linear = parameter.dim() == 2 and not name.startswith(("tokens", "positions"))
        with torch.no_grad():
            parameter.copy_(values.view(parameter.shape[::-1]).T if linear else values.view(parameter.shape))
    return model


def show(what, values):
    print(f"{what}: " + ", ".join(f"{v:.7e}" for v in values))


def compare(name, model, logits, loss):
    """Logits without dropout, then the loss and every gradient's norm with and without."""
    for mode in ("evaluation", "training"):
        Masks.calls = 0
        model.train(mode == "training").zero_grad()
        total = loss(logits())
        total.backward()
        if mode == "evaluation":
            show(f"{name} logits", logits().flatten().tolist())
        show(f"{name} loss, {mode}", [total.item()])
        show(f"{name} gradient norms, {mode}", [p.grad.norm().item() for p in model.parameters()])


def reference():
    text = fill(TextClassifier(11, 6, 8, 2, 2, 12, None))
    ids, lengths = torch.tensor([[2, 5, 7, 1, 9, 3], [4, 10, 6, 8, 0, 0]]), torch.tensor([6, 4])
    labels = torch.tensor([1.0, 0.0])
    entropy = lambda logits: F.binary_cross_entropy_with_logits(logits, labels, reduction="sum")
    compare("text", text, lambda: text(ids, lengths), entropy)
    vision = fill(VisionTransformer(8, 4, 3, 8, 2, 2, 12, None))
    images, classes = wave(2 * 3 * 64, 0).view(2, 3, 8, 8), torch.tensor([2, 0])
    compare("vision", vision, lambda: vision(images), lambda logits: F.cross_entropy(logits, classes))


class MirrorDescent:
    """The mirror step as the paper's scripts take it: from the weights alone, on every parameter."""

    def __init__(self, parameters, p, rate=1e-4):
        self.parameters, self.p, self.rate = list(parameters), p, rate

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None

    @torch.no_grad()
    def step(self):
        for w in self.parameters:
            u = w.sign() * w.abs() ** (self.p - 1) - self.rate * w.grad
            w.copy_(u.sign() * u.abs() ** (1 / (self.p - 1)))


def bench(args):
    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    model = TextClassifier(args.vocabulary, args.length, args.width, args.blocks, args.heads, args.hidden, args.dropout)
    run = torch.compile(model) if args.compile else model
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=args.fused) if args.p is None else MirrorDescent(model.parameters(), args.p)
    lengths = torch.full((args.batch,), args.length)
    labels = (torch.arange(args.batch) % 2 == 0).float()
    for what in ("training", "evaluation"):
        model.train(what == "training")
        seconds = []
        for step in range(args.steps):
            ids = (torch.arange(args.batch * args.length) * 7919 + step * 104_729) % args.vocabulary
            start = time.perf_counter()
            with torch.set_grad_enabled(what == "training"):
                logits = run(ids.view(args.batch, args.length), lengths)
                loss = F.binary_cross_entropy_with_logits(logits, labels, reduction="sum")
            if what == "training":
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            assert math.isfinite(loss.item())
            seconds.append(time.perf_counter() - start)
        seconds.sort()
        median = seconds[len(seconds) // 2]
        rate = args.batch * args.length / median
        print(f"{what}: {median:.4f} s a step (least {seconds[0]:.4f}), {rate:.0f} tokens/s")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def load(model, path):
    """The weights of a safetensors file as the other side names them: linear maps as [in, out], norms' scales as gamma."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header, numbers = json.loads(file.read(length)), file.read()
    linear = {f"{name}.weight" for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    norms = {f"{name}.weight" for name, module in model.named_modules() if isinstance(module, nn.LayerNorm)}
    for name, parameter in model.named_parameters():
        entry = header[name.removesuffix("weight") + "gamma" if name in norms else name]
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(bytearray(numbers[begin:end]), dtype=torch.float32).view(entry["shape"])
        with torch.no_grad():
            parameter.copy_(values.T if name in linear else values)
    return model


def steps(args):
    """Steps of training as `mirrorhead-gpu steps` takes them: no dropout, f32, the same weights and batches."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = False
    lengths = torch.full((args.batch,), args.length)
    labels = (torch.arange(args.batch) % 2 == 0).float().to(device)
    ours = {}
    if args.ours:
        with open(args.ours) as file:
            ours = {method["method"]: method for method in json.load(file)["methods"]}
    methods, worst = [], 0.0
    for name in ("p = 1.1", "Adam"):
        model = TextClassifier(args.vocabulary, args.length, args.width, args.blocks, args.heads, args.hidden, 0.0)
        model = load(model, args.weights).to(device)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-4) if name == "Adam" else MirrorDescent(model.parameters(), 1.1)
        losses, seconds = [], []
        for step in range(2 + args.steps):
            ids = (torch.arange(args.batch * args.length) * 7919 + step * 104_729) % args.vocabulary
            start = time.perf_counter()
            logits = model(ids.view(args.batch, args.length).to(device), lengths)
            loss = F.binary_cross_entropy_with_logits(logits, labels, reduction="sum")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            seconds.append(time.perf_counter() - start)
        timed = seconds[2:]
        method = dict(method=name, losses=losses, seconds=timed, tokens_per_second=args.batch * args.length * len(timed) / sum(timed))
        if name in ours:
            method["relative_differences"] = [abs(a - b) / abs(b) for a, b in zip(ours[name]["losses"], losses)]
            method["seconds_of_ours"] = sum(ours[name]["seconds"]) / sum(timed)
            worst = max([worst, *method["relative_differences"]])
        methods.append(method)
    peak = torch.cuda.max_memory_allocated() if device.type == "cuda" else 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    text = json.dumps(dict(device=str(device), torch=torch.__version__, peak_bytes=peak, methods=methods), indent=1)
    if args.out:
        with open(args.out, "w") as file:
            file.write(text + "\n")
    print(text)
    if not worst <= 1e-3:
        raise SystemExit(f"losses differ by {worst:.1e} of their size")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["reference", "bench", "steps"])
    parser.add_argument("--compile", action="store_true")
    sizes = dict(vocabulary=30_523, length=128, width=384, blocks=3, heads=3, hidden=1536, batch=8, steps=10, threads=2)
    for name, value in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--fused", action="store_true", help="PyTorch's fused Adam")
    parser.add_argument("--p", type=float, help="mirror descent with this exponent instead of Adam")
    for name in ("weights", "ours", "out"):
        parser.add_argument(f"--{name}", help="a file")
    arguments = parser.parse_args()
    if arguments.command == "steps" and not arguments.weights:
        parser.error("steps needs --weights")
    {"reference": lambda _: reference(), "bench": bench, "steps": steps}[arguments.command](arguments)
