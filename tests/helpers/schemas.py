"""Another schema than ours, for what is built from schemas."""

import json
import shutil
from contextlib import contextmanager

from saxsdog import schema
from saxsdog.schema import load_schema, schema_folder


@contextmanager
def changed_schema(folder, name, edit):
    """Put a changed copy in the place of a schema; ``edit`` changes the document it is given."""
    copies = folder / "schemas"
    shutil.copytree(schema_folder(), copies)
    path = copies / f"{name}.schema.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    edit(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    ours, schema.schema_folder = schema.schema_folder, lambda: copies
    _forget()
    try:
        yield
    finally:
        schema.schema_folder = ours
        _forget()


def add_temperature(document):
    """Give calibrations a key that nobody has heard of, behind the wavelength."""
    properties = {}
    for key, sub in document["properties"].items():
        properties[key] = sub
        if key == "Wavelength":
            properties["Temperature"] = {
                "type": "number",
                "default": 293,
                "unit": "K",
                "minimum": 0,
                "maximum": 10000,
                "description": "Of the sample.",
            }
    document["properties"] = properties


def _forget():
    load_schema.cache_clear()
    schema._validator.cache_clear()
