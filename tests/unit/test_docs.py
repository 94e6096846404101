"""The manual says what the program does."""

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import pytest

from saxsdog import Calibration
from saxsdog.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if "_build" not in page.parts)
JSON_BLOCK = re.compile(r"```json\n(.*?)```", re.DOTALL)
TOML_BLOCK = re.compile(r"```toml\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
PICTURE_BYTES = 80_000
ALL_PICTURES_BYTES = 250_000
SCREENSHOT_BYTES = 150_000


@pytest.fixture(scope="module")
def make_reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name", ["calibration.md", "command-line.md", "detectors.md", "promises.md", "settings.md"]
)
def test_the_generated_pages_are_up_to_date(make_reference: ModuleType, name: str) -> None:
    path = DOCS / "reference" / name
    assert path.read_text(encoding="utf-8") == make_reference.pages()[path], (
        "run python docs/make_reference.py"
    )


def test_every_key_of_the_schemas_is_explained(make_reference: ModuleType) -> None:
    pages = {
        "calibration": make_reference.calibration_page(),
        "settings": make_reference.settings_page(),
    }
    for name, page in pages.items():
        for key in _keys(make_reference.load_schema(name)):
            assert f"| `{key}` |" in page


def test_every_calibration_in_the_manual_is_valid() -> None:
    blocks = [block for page in PAGES for block in JSON_BLOCK.findall(page.read_text("utf-8"))]
    documents = [json.loads(block) for block in blocks if '"Geometry"' in block]
    assert len(documents) >= 4
    for document in documents:
        Calibration.from_document(document)


def test_all_settings_in_the_manual_are_valid() -> None:
    blocks = [block for page in PAGES for block in TOML_BLOCK.findall(page.read_text("utf-8"))]
    blocks = [block for block in blocks if "[build-system]" not in block]  # those are of packages
    assert len(blocks) >= 2
    for block in blocks:
        Settings.from_document(tomllib.loads(block), DOCS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in LINK.findall(text):
        assert (page.parent / unquote(target)).exists(), target


def test_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in (DOCS / "figures").iterdir()}
    assert max(sizes.values()) < PICTURE_BYTES
    assert sum(sizes.values()) < ALL_PICTURES_BYTES


def test_every_picture_is_used() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for path in (DOCS / "figures").iterdir():
        assert f"figures/{path.name}" in text


def test_pictures_of_the_window_are_small_and_used() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    text = readme + "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for path in (DOCS / "images").iterdir():
        assert path.stat().st_size < SCREENSHOT_BYTES, path.name
        assert f"images/{path.name}" in text


def _keys(schema: dict[str, Any]) -> list[str]:
    keys: list[str] = []
    for key, sub in schema.get("properties", {}).items():
        keys += [key, *_keys(sub), *_keys(sub.get("items", {}))]
    return keys
