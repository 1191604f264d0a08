"""The documentation is true: docstrings, types, the book's examples."""

import doctest
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mirrorhead

ROOT = Path(__file__).parents[3]
MODULES = {
    "mirrorhead": [],
    "mirrorhead.svm": [],
    "mirrorhead.errors": [],
    "mirrorhead.mirror": [],
    "mirrorhead.attention": [],
    "mirrorhead.attention._dataset": [],
    "mirrorhead.attention._training": [],
    "mirrorhead.attention._certification": [],
    "mirrorhead.attention._trails": [],
    "mirrorhead.attention._selections": [],
    "mirrorhead._lp_svc": ["sklearn"],
    "mirrorhead.torch": ["torch"],
    "mirrorhead.optax": ["jax", "optax"],
}
PUBLIC = ["mirrorhead", "mirrorhead.svm", "mirrorhead.attention", "mirrorhead.mirror", "mirrorhead.torch", "mirrorhead.optax"]


def load(name):
    for needed in MODULES.get(name, []):
        pytest.importorskip(needed)
    return importlib.import_module(name)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings(name):
    with np.printoptions(legacy=False):
        failed, tried = doctest.testmod(load(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0
    assert tried or name == "mirrorhead.errors"


def public_objects(name):
    module = load(name)
    if name == "mirrorhead.svm":
        pytest.importorskip("sklearn")
    return {each: getattr(module, each) for each in module.__all__}


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_documented_and_typed(name):
    for each, value in public_objects(name).items():
        if inspect.ismodule(value) or not callable(value):
            continue
        documentation = inspect.getdoc(value)
        assert documentation, each
        if not inspect.isfunction(value):
            continue
        signature = inspect.signature(value)
        assert signature.return_annotation is not inspect.Signature.empty, each
        for parameter in signature.parameters.values():
            assert parameter.annotation is not inspect.Parameter.empty, (each, parameter)
            assert re.search(rf"^\s*.*\b{parameter.name}\b.*$", documentation, re.M), (each, parameter)
        sections = {"Returns", "Examples"} | ({"Parameters"} if signature.parameters else set())
        for section in sections:
            assert f"\n{section}\n{'-' * len(section)}\n" in documentation, (each, section)


def test_the_index_names_everything():
    index = (ROOT / "docs/api.md").read_text()
    for name in PUBLIC:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        for each in module.__all__:
            if not inspect.ismodule(getattr(module, each, None)):
                assert f"`{each}`" in index, (name, each)


def pages():
    readmes = [page for page in sorted(ROOT.glob("crates/*/README.md")) if not page.is_symlink()]
    files = [ROOT / "README.md", *readmes, *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in files if "```python" in page.read_text()]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_of_the_book(page):
    """The blocks of a page run one after the other, in one namespace."""
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.M | re.S)
    needed = {"torch", "jax", "optax", "sklearn", "scipy", "matplotlib"}
    namespace, missing = {}, set()
    for block in blocks:
        modules = set(re.findall(r"^\s*(?:import|from) (\w+)", block, re.M))
        lacking = {module for module in modules & needed if importlib.util.find_spec(module) is None}
        missing |= lacking
        if not lacking:
            exec(compile(block, str(page), "exec"), namespace)
    if missing:
        pytest.skip(f"the blocks that need {', '.join(sorted(missing))} were left out")


def test_types():
    pytest.importorskip("mypy")
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("sklearn") is None:
        pytest.skip("the types of PyTorch and scikit-learn are needed")
    package = ROOT / "crates/python"
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", "pyproject.toml", "--cache-dir", "target/mypy"],
        cwd=package,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout


def test_stubs_are_those_of_the_extension_module():
    pytest.importorskip("mypy")
    run = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "mirrorhead._native", "--ignore-missing-stub", "--allowlist", "/dev/null"],
        capture_output=True,
        text=True,
    )
    # TypedDicts describe plain dictionaries; and classes of an extension can't be said to be bases before Python 3.15.
    known = "is not present at runtime", "disjoint base"
    complaints = [
        line
        for line in run.stdout.splitlines()
        if line.startswith("error:") and not any(words in line for words in known)
    ]
    assert complaints == []


def test_the_package_is_marked_as_typed():
    assert (Path(mirrorhead.__file__).parent / "py.typed").exists()
