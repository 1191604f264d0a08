"""Numbers of the Rust crates, and data that several tests use."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def golden() -> dict[str, Any]:
    """What `cargo run --example golden` printed: just now, where the environment names its file, else what is kept."""
    path = Path(os.environ.get("MIRRORHEAD_GOLDEN", HERE / "golden.json"))
    return json.loads(path.read_text())


@pytest.fixture
def separable() -> np.ndarray:
    """Rows that a direction separates."""
    random = np.random.default_rng(5)
    rows = random.normal(size=(60, 20))
    rows[:, 0] += 4.0
    return rows
