import json

import pytest
from jsonschema import Draft202012Validator

from saxsdog.errors import DocumentError
from saxsdog.schema import (
    MOST_LEVELS,
    check,
    load_schema,
    parse_json,
    schema_folder,
    with_defaults,
)
from tests.helpers.calibrations import FULL, SMALL

SCHEMAS = sorted(path.name.removesuffix(".schema.json") for path in schema_folder().glob("*.json"))


CHECKED_ELSEWHERE = [
    "request:document.argument",
    "request:document/new.calibration",
    "reply:document.data",
    "reply:document/cal.calibration",
]
"""Objects whose content another part of the schema, or another schema, describes."""

MOST_ITEMS = {"reply": 10_000, "document.Masks[].Bins.Edges": 10_000}
"""A reply holds a page of rows or a folder; whoever writes a document writes short lists, but the
borders of bins may come from another program."""


def parts(schema, path="document"):
    """Every schema within a schema, with its path."""
    if "$ref" in schema:
        return
    yield path, schema
    for key, sub in schema.get("properties", {}).items():
        yield from parts(sub, f"{path}.{key}")
    for key, sub in schema.get("$defs", {}).items():
        yield from parts(sub, f"{path}/{key}")
    if "items" in schema:
        yield from parts(schema["items"], f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from parts(schema["additionalProperties"], f"{path}.*")


def types_of(part):
    return {part["type"]} if isinstance(part["type"], str) else set(part["type"])


ALL_PARTS = [
    pytest.param(part, id=f"{name}:{path}")
    for name in SCHEMAS
    for path, part in parts(load_schema(name))
]


def test_there_is_a_schema_of_calibrations():
    assert "calibration" in SCHEMAS


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_follows_draft_2020_12(name):
    schema = load_schema(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("part", ALL_PARTS)
def test_every_part_of_a_schema_is_described(part):
    assert part["description"].strip().endswith((".", ")"))


@pytest.mark.parametrize("part", ALL_PARTS)
def test_every_number_has_a_unit_and_bounds(part):
    if types_of(part) & {"number", "integer"}:
        assert part["unit"]
        assert {"minimum", "exclusiveMinimum"} & set(part)
        assert {"maximum", "exclusiveMaximum"} & set(part)


@pytest.mark.parametrize("part", [part for part in ALL_PARTS if part.id not in CHECKED_ELSEWHERE])
def test_objects_are_closed(part):
    if "properties" in part:
        assert part["additionalProperties"] is False
        assert set(part.get("required", ())) <= set(part["properties"])
    elif "object" in types_of(part):
        assert part["additionalProperties"]["description"]
        assert part["maxProperties"] <= 256


@pytest.mark.parametrize("part", ALL_PARTS)
def test_texts_are_bounded(part):
    if "string" in types_of(part):
        assert "maxLength" in part or "enum" in part


@pytest.mark.parametrize("name", SCHEMAS)
def test_lists_are_bounded(name):
    for path, part in parts(load_schema(name)):
        if "array" in types_of(part):
            assert part["maxItems"] <= MOST_ITEMS.get(path, MOST_ITEMS.get(name, 64)), path


@pytest.mark.parametrize("part", ALL_PARTS)
def test_every_default_is_valid(part):
    if "default" in part:
        Draft202012Validator(part).validate(part["default"])


@pytest.mark.parametrize("part", ALL_PARTS)
def test_what_is_not_required_has_a_default_or_may_be_absent(part):
    may_be_absent = {
        *("MaskFile", "BackgroundCurve", "FlatField", "DarkCurrent"),
        *("PolarizationCorrection", "Corrections", "Normalization", "Background", "BadPixels"),
        *("Formats", "DivideBy", "Log", "Zingers", "Sensor"),
        *("SampleTransmission", "DarkExposureTime"),
        *("Bins", "From", "To", "Cake"),
        *("Reference", "Saturation", "Plugin"),
        *("epoch", "legacy"),
    }
    for key, sub in part.get("properties", {}).items():
        if key not in part.get("required", ()):
            assert "default" in sub or key in may_be_absent


@pytest.mark.parametrize("document", [SMALL, FULL])
def test_a_document_with_its_defaults_is_valid(document):
    full = with_defaults(document, load_schema("calibration"))
    check(full, "calibration")
    assert full["Geometry"]["Tilt"].keys() == {"TiltRotDeg", "TiltAngleDeg"}
    assert with_defaults(full, load_schema("calibration")) == full


def test_defaults_never_replace_what_is_there():
    assert with_defaults(FULL, load_schema("calibration"))["Threads"] == 7


def test_defaults_of_two_documents_are_not_the_same_object():
    one, other = (with_defaults(SMALL, load_schema("calibration")) for _ in range(2))
    one["Directory"].append("spoiled")
    one["Slices"].append({})
    assert (other["Directory"], other["Slices"]) == (["."], [])
    assert load_schema("calibration")["properties"]["Directory"]["default"] == ["."]


def test_a_key_must_not_come_twice():
    with pytest.raises(DocumentError, match="expected every key once, got 'b' twice"):
        parse_json('{"a": {"b": 1, "b": 1}}')


def test_what_is_not_json_is_refused_with_its_place():
    with pytest.raises(DocumentError, match="line 2, column 5"):
        parse_json('{\n"a" 1}')


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a": ', "}")])
def test_a_document_may_be_so_deep_and_no_deeper(opened, closed):
    parse_json(opened * MOST_LEVELS + "1" + closed * MOST_LEVELS)
    for levels in (MOST_LEVELS + 1, 900, 100_000):
        with pytest.raises(DocumentError, match="sensible depth"):
            parse_json(opened * levels + "1" + closed * levels)


def test_a_document_may_be_broad():
    parse_json(json.dumps([[{"a": []}]] * 1000))


def test_the_same_key_at_different_places_is_fine():
    assert parse_json('[{"a": 1}, {"a": {"a": 2}}]') == [{"a": 1}, {"a": {"a": 2}}]
