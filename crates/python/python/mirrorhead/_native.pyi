from collections.abc import Callable, Sequence
from typing import TypedDict, final

from mirrorhead._arrays import Compressed, Float1D, Float2D

_Rows = Float2D | Compressed
_Progress = Callable[[int, float, float], None] | None

@final
class SolverOptions(TypedDict):
    relative_gap: float
    max_iterations: int
    max_factor_rows: int
    time_limit: float | None

@final
class MethodOptions(TypedDict):
    p: float
    lr: float
    step: str
    reach: float | None
    momentum: float
    nesterov: bool

@final
class RunOptions(TypedDict):
    max_iters: int
    risk_below: float | None
    log_gradient_below: float | None
    trace: list[int]
    snapshots: list[int]

@final
class SelectionProblem(TypedDict):
    selection: list[int]
    p: float
    singular_values: bool
    decoder_support: list[int] | None
    sets: list[list[int]] | None

@final
class Found(TypedDict):
    w: Float1D
    multipliers: Float1D
    remainder: str | None
    lower: float
    upper: float
    stalled: str | None
    stationarity: float | None
    complementarity: float | None
    iterations: int
    factorizations: int
    message: str

@final
class Refutation(TypedDict):
    farkas: Float1D
    certificate: str
    message: str

class Plane(TypedDict):
    w: Float1D
    intercept: float
    multipliers: Float1D
    remainder: str | None
    lower: float
    upper: float

@final
class Separator(Plane):
    stalled: str | None
    iterations: int

@final
class Trained(TypedDict):
    parameters: list[Float2D]
    risk: float
    iterations: int
    reason: str
    trace_iterations: list[int]
    trace_risks: Float1D
    trace_log_gradients: Float1D
    snapshots: list[tuple[int, list[Float2D]]]

@final
class Drawn(TypedDict):
    tokens: Float1D
    lengths: list[int]
    queries: Float2D
    labels: Float1D
    decoder: Float1D | None

@final
class Certified(TypedDict):
    status: str
    message: str
    selection: list[int] | None
    solution: Found | None
    key_query: Float2D | None
    support_tokens: list[list[int]] | None
    optimality: str | None
    rivals: list[tuple[int, int, bool, str]] | None
    sets: list[list[int]] | None
    attracts: bool | None
    divergence: float | None
    margin_share: float | None
    divergence_to_tied: float | None
    refutation: Refutation | None

@final
class Point(TypedDict):
    log_time: float | None
    radii: Float1D | None
    parameters: list[Float2D]
    risk: float
    log_gradients: Float1D | None
    residuals: Float1D | None

@final
class Enumerated(TypedDict):
    total: int
    separable: list[tuple[list[int], str, Found]]
    inconclusive: list[list[int]]

@final
class Dataset:
    def __new__(
        cls, tokens: Float2D, lengths: list[int], queries: Float2D, labels: Float1D
    ) -> Dataset: ...

@final
class MirrorDescent:
    def __new__(cls, parameters: Sequence[Float2D], options: MethodOptions) -> MirrorDescent: ...
    def step(
        self, gradients: Sequence[Float2D], log_scales: Sequence[float] | None = None
    ) -> bool: ...
    @property
    def parameters(self) -> list[Float2D]: ...
    @property
    def dual(self) -> list[Float2D]: ...

def n_threads() -> int: ...
def mirror_map(p: float, w: Float1D) -> Float1D: ...
def inverse_mirror_map(p: float, u: Float1D) -> Float1D: ...
def directional_bregman(p: float, w: Float1D, v: Float1D) -> float: ...
def max_margin(
    rows: _Rows,
    p: float,
    bounds: Float1D | None,
    options: SolverOptions,
    start: tuple[Float1D, Float1D] | None = None,
    progress: _Progress = None,
) -> Found | Refutation: ...
def max_margin_path(
    rows: _Rows,
    exponents: list[float],
    bounds: Float1D | None,
    options: SolverOptions,
    progress: _Progress = None,
) -> list[Found | Refutation]: ...
def max_margin_under_equalities(
    rows: _Rows,
    equalities: _Rows,
    p: float,
    bounds: Float1D | None,
    options: SolverOptions,
    progress: _Progress = None,
) -> Found | Refutation: ...
def verify_under_equalities(
    rows: _Rows,
    equalities: _Rows,
    p: float,
    bounds: Float1D | None,
    w: Float1D,
    multipliers: Float1D,
    interval: tuple[float, float],
    margin: str,
) -> str | None: ...
def verify_equality_farkas(
    rows: _Rows, equalities: _Rows, bounds: Float1D | None, certificate: str
) -> str | None: ...
def verify_interval(
    rows: _Rows,
    p: float,
    bounds: Float1D | None,
    w: Float1D,
    multipliers: Float1D,
    interval: tuple[float, float],
    remainder: str | None = None,
) -> str | None: ...
def verify_farkas(rows: _Rows, bounds: Float1D | None, certificate: str) -> str | None: ...
def margin_interval(
    rows: _Rows, p: float, bounds: Float1D | None, w: Float1D, multipliers: Float1D
) -> tuple[float, float]: ...
def fit_separators(
    rows: _Rows,
    signs: Float2D,
    p: float,
    costs: Float1D | None,
    intercept: bool,
    options: SolverOptions,
    progress: _Progress = None,
) -> list[Separator | Refutation]: ...
def verify_separators(
    rows: _Rows,
    signs: Float2D,
    p: float,
    costs: Float1D | None,
    intercept: bool,
    planes: list[Plane],
) -> list[str | None]: ...
def sphere_tokens(n_sequences: int, n_tokens: int, dim: int, seed: int) -> Drawn: ...
def toy_pair() -> Drawn: ...
def gaussian_matrix(nrows: int, ncols: int, seed: int) -> Float2D: ...
def attention_weights(
    data: Dataset, key_query: Float2D
) -> tuple[list[Float1D], list[Float1D]]: ...
def token_scores(data: Dataset, decoder: Float1D) -> list[Float1D]: ...
def train(
    data: Dataset,
    decoder: Float1D | None,
    start: list[Float2D],
    loss_name: str,
    method: MethodOptions,
    options: RunOptions,
    progress: _Progress = None,
) -> Trained: ...
def certify(
    data: Dataset,
    decoder: Float1D,
    key_query: Float2D,
    p: float,
    saturated: float,
    options: SolverOptions,
    progress: _Progress = None,
) -> Certified: ...
def certify_selection(
    data: Dataset,
    decoder: Float1D,
    selection: list[int],
    p: float,
    singular_values: bool,
    options: SolverOptions,
    progress: _Progress = None,
) -> Certified: ...
def verify_selection(
    data: Dataset,
    problem: SelectionProblem,
    w: Float1D,
    multipliers: Float1D,
    interval: tuple[float, float],
    remainder: str | None = None,
) -> str | None: ...
def verify_selection_farkas(
    data: Dataset, problem: SelectionProblem, certificate: str
) -> str | None: ...
def max_margin_key_query(
    data: Dataset,
    selection: list[int],
    p: float,
    singular_values: bool,
    decoder_support: list[int] | None,
    options: SolverOptions,
    progress: _Progress = None,
) -> Found | Refutation: ...
def max_margin_decoder(
    data: Dataset,
    selection: list[int],
    p: float,
    options: SolverOptions,
    progress: _Progress = None,
) -> Found | Refutation: ...
def mirror_flow(
    data: Dataset,
    decoder: Float1D | None,
    start: list[Float2D],
    loss_name: str,
    p: float,
    log_start: float,
    log_times: list[float],
    tolerance: float,
    max_steps: int,
    progress: _Progress = None,
) -> tuple[list[Point], str, int]: ...
def regularization_path(
    data: Dataset,
    decoder: Float1D | None,
    start: list[Float2D],
    loss_name: str,
    p: float,
    radii: list[list[float]],
    tolerance: float,
    progress: _Progress = None,
) -> tuple[list[Point], str, int]: ...
def enumerate_selections(
    data: Dataset,
    decoder: Float1D,
    p: float,
    max_selections: int,
    options: SolverOptions,
    progress: _Progress = None,
) -> Enumerated: ...
def basins(
    data: Dataset,
    decoder: Float1D,
    starts: list[Float2D],
    loss_name: str,
    method: MethodOptions,
    options: RunOptions,
    saturated: float,
    progress: _Progress = None,
) -> list[tuple[list[int] | None, Float2D, float]]: ...
