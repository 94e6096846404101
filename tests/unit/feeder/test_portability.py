"""The feeder runs on the old Python of a detector computer."""

import ast
import shutil
import subprocess
import sys

import pytest

from tests.helpers.feeder_process import PACKAGE, copy_of_the_package

SOURCES = sorted(PACKAGE.glob("*.py"))
NEWER_THAN_3_8 = {
    "StrEnum",
    "batched",
    "bit_count",
    "cancel_futures",
    "chdir",
    "encoding_warnings",
    "from_callable",
    "get_annotations",
    "hardlink_to",
    "is_relative_to",
    "isjunction",
    "kw_only",
    "pairwise",
    "randbytes",
    "readlink",
    "removeprefix",
    "removesuffix",
    "slots",
    "to_thread",
    "unparse",
    "with_segments",
    "with_stem",
}
MODULES = {"saxsfeeder", "zmq", *sys.stdlib_module_names} - {"graphlib", "tomllib", "zoneinfo"}
GENERIC_IN_ANNOTATIONS_ONLY = {"dict", "frozenset", "list", "set", "tuple", "type"}


def run(*command):
    return subprocess.run(  # noqa: S603 - an interpreter
        command, capture_output=True, text=True, timeout=50, check=False
    )


@pytest.fixture(params=SOURCES, ids=lambda path: path.stem)
def tree(request):
    return ast.parse(request.param.read_text(encoding="utf-8"), feature_version=(3, 8))


def names_in(tree):
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.keyword(arg=name) | ast.alias(name=name):
                yield name


def evaluated(tree):
    """Parts of a tree that are evaluated: all but the annotations."""
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        for field, value in ast.iter_fields(node):
            if field not in ("annotation", "returns"):
                parts = value if isinstance(value, list) else [value]
                pending += [part for part in parts if isinstance(part, ast.AST)]


def test_the_syntax_is_of_python_3_8(tree):
    assert isinstance(tree, ast.Module)


def test_no_part_of_the_standard_library_is_younger(tree):
    assert NEWER_THAN_3_8.isdisjoint(names_in(tree))


def test_nothing_is_imported_but_pyzmq_and_the_standard_library(tree):
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module.partition(".")[0])
    assert imported <= MODULES


def test_new_ways_to_write_types_stand_in_annotations_only(tree):
    for node in evaluated(tree):
        assert not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.BitOr)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            assert node.value.id not in GENERIC_IN_ANNOTATIONS_ONLY


def test_annotations_are_not_evaluated(tree):
    has_annotations = any(isinstance(node, ast.arg | ast.AnnAssign) for node in ast.walk(tree))
    futures = [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    ]
    assert not has_annotations or futures == ["annotations"]


def test_a_copy_of_the_folder_works_without_the_rest_of_saxsdog(tmp_path):
    folder = copy_of_the_package(tmp_path)
    script = f"""
import sys
sys.path.insert(0, {str(folder)!r})
import saxsfeeder.command
assert saxsfeeder.__file__.startswith({str(folder)!r})
assert not {{"saxsdog", "numpy"}} & set(sys.modules)
saxsfeeder.Feeder("tcp://127.0.0.1:*").close()
"""
    finished = run(sys.executable, "-W", "error", "-c", script)
    assert finished.returncode == 0, finished.stderr


def test_python_3_8_runs_it(tmp_path):
    python = shutil.which("python3.8")
    if python is None or run(python, "-c", "import zmq").returncode:
        pytest.skip("no Python 3.8 with pyzmq on this computer")
    folder = copy_of_the_package(tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "x.tif").write_bytes(b"x")
    script = f"""
import sys
sys.path.insert(0, {str(folder)!r})
from saxsfeeder.command import main
images = {str(tmp_path / "images")!r}
sys.exit(main(["--watch", images, "--existing", "--once", "-v", "--bind", "tcp://127.0.0.1:*"]))
"""
    finished = run(python, "-c", script)
    assert finished.returncode == 0, finished.stderr
    assert "x.tif" in finished.stderr
