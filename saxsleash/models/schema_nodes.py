"""What a schema says of each key of a document, in the words that the window needs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from typing import Any

from saxsdog.explanations import KeyPath
from saxsdog.named_files import FileRole


class Kind(Enum):
    """How a value is shown and edited."""

    GROUP = auto()  # an object
    ITEMS = auto()  # a list of objects
    ENTRIES = auto()  # a list of numbers
    PARTS = auto()  # a list of texts
    CHOICE = auto()
    SELECTION = auto()  # a list of some of several words
    TRUTH = auto()
    WHOLE = auto()
    NUMBER = auto()
    TEXT = auto()
    UNKNOWN = auto()


_KINDS = {
    "object": Kind.GROUP,
    "string": Kind.TEXT,
    "integer": Kind.WHOLE,
    "number": Kind.NUMBER,
    "boolean": Kind.TRUTH,
}
_KINDS_OF_LISTS = {
    "object": Kind.ITEMS,
    "string": Kind.PARTS,
    "number": Kind.ENTRIES,
    "integer": Kind.ENTRIES,
}
_UNITS = {"Angstrom": "Å", "degree": "°", "1": "", "index": "", "any": ""}
"""Units that people write shorter than the schema does."""

_WORDS = re.compile(r"[A-Z]{2,}|[A-Z]?[a-z]+|[A-Z]|[0-9]+")
_SPELLING = {
    "dedector": "detector",
    "imagesize": "image size",
    "filelisting": "file listing",
    "rot": "rotation",
    "ref": "reference",
}
_NO_UNITS = re.compile(r"(?<=[a-z])(MM|MicroM|Deg)$")
"""Units at the end of keys: the column beside them shows it."""

_NAMES_OF_ENTRIES = re.compile(r"\[(\w+), (\w+)\]")
_NO_LIMIT = 1e300
"""What a schema has where any number will do."""

_LOWER = {"minimum": "from {}", "exclusiveMinimum": "more than {},"}
_UPPER = {"maximum": "to {}", "exclusiveMaximum": "less than {}"}


@dataclass(frozen=True, eq=False)
class SchemaNode:
    """One key of a document, or one item of a list, as the schema describes it.

    Attributes
    ----------
    key
        The key; that of the list for its items.
    schema
        The part of the schema; empty for a key that the schema does not know.
    is_required
        Whether the object around it cannot be without.
    """

    key: str
    schema: Mapping[str, Any] = field(repr=False)
    is_required: bool = True

    @cached_property
    def kind(self) -> Kind:
        if "enum" in self.schema:
            return Kind.CHOICE
        type_ = _type_of(self.schema)
        if type_ == "array":
            if "enum" in self.schema.get("items", {}):
                return Kind.SELECTION
            return _KINDS_OF_LISTS.get(_type_of(self.schema.get("items", {})), Kind.UNKNOWN)
        return _KINDS.get(type_, Kind.UNKNOWN)

    @cached_property
    def children(self) -> dict[str, "SchemaNode"]:
        """The keys of an object, in the order of the schema."""
        required = self.schema.get("required", ())
        return {
            key: SchemaNode(key, sub, key in required)
            for key, sub in self.schema.get("properties", {}).items()
        }

    @cached_property
    def item(self) -> "SchemaNode":
        """What every item of a list is."""
        return SchemaNode(self.key, self.schema.get("items", {}))

    def child(self, part: str | int) -> "SchemaNode":
        """Return the node of a key or of an item; one of kind ``UNKNOWN`` where there is none."""
        if isinstance(part, int):
            return self.item
        return self.children.get(part) or SchemaNode(part, {}, is_required=False)

    def at(self, path: KeyPath) -> "SchemaNode":
        """Return the node at the end of a path."""
        node = self
        for part in path:
            node = node.child(part)
        return node

    @cached_property
    def file_role(self) -> FileRole | None:
        """What kind of file its text names, if it names one."""
        return FileRole(self.schema["file"]) if "file" in self.schema else None

    @property
    def is_list(self) -> bool:
        """Whether its values have items that come and go one by one."""
        return self.kind in (Kind.ITEMS, Kind.ENTRIES)

    @property
    def grows_from_nothing(self) -> bool:
        """Whether it is a list whose first item can be added although it is absent."""
        return self.kind is Kind.ITEMS or (self.kind is Kind.ENTRIES and self.default == [])

    @property
    def has_default(self) -> bool:
        return "default" in self.schema

    @property
    def default(self) -> Any:
        """The value that an absent key stands for, ``None`` where there is none."""
        return self.schema.get("default")

    @property
    def least_items(self) -> int:
        return int(self.schema.get("minItems", 0))

    @property
    def most_items(self) -> int:
        return int(self.schema.get("maxItems", 1_000_000))

    @property
    def help(self) -> str:
        return str(self.schema.get("description", ""))

    @cached_property
    def unit(self) -> str:
        unit = str(self.schema.get("unit", ""))
        return _UNITS.get(unit, unit)

    @cached_property
    def label(self) -> str:
        """The key as people would write it: ``Detector distance``."""
        words = [
            word if len(word) > 1 and word.isupper() else word.lower()
            for word in _WORDS.findall(_NO_UNITS.sub("", self.key))
        ]
        text = " ".join(_SPELLING.get(word, word) for word in words) or self.key
        return text if text.startswith("q ") else text[:1].upper() + text[1:]

    @cached_property
    def words_below(self) -> str:
        """Keys and labels of all that an object, or an item of a list, can hold."""
        if self.kind is Kind.ITEMS:
            return self.item.words_below
        children = self.children.values()
        return " ".join(f"{each.key} {each.label} {each.words_below}" for each in children)

    @cached_property
    def singular(self) -> str:
        """What one item of a list is called: ``mask``."""
        return self.label.removesuffix("s").lower()

    def entry_name(self, index: int) -> str:
        """Return what an entry of a list of numbers is called: ``vertical``."""
        names = _NAMES_OF_ENTRIES.search(self.help)
        if names and index < len(names.groups()):
            return names.group(index + 1)
        return str(index)

    @cached_property
    def range_text(self) -> str:
        """The limits of a number in words, empty without any."""
        parts = [
            words.format(number_text(self.schema[key]))
            for bounds in (_LOWER, _UPPER)
            for key, words in bounds.items()
            if key in self.schema and abs(self.schema[key]) < _NO_LIMIT
        ]
        limits = " ".join(parts).rstrip(",")
        return f"{limits} {self.unit}".strip() if limits else ""

    def placed(self, present: Mapping[str, Any]) -> list[str]:
        """Return the keys present and those absent, each where the schema has it.

        The keys present keep their order; an absent one follows the nearest key before it in the
        schema that is there, so that adding it does not move the others.
        """
        keys = list(present)
        before: list[str] = []
        for key in self.children:
            if key not in present:
                after = [keys.index(one) for one in reversed(before)][:1]
                keys.insert(after[0] + 1 if after else 0, key)
            before.append(key)
        return keys


def number_text(number: float) -> str:
    """Write a number with all its digits, as its file has it."""
    text = repr(number)
    return text.removesuffix(".0") if "e" not in text else text


def _type_of(schema: Mapping[str, Any]) -> str:
    types = schema.get("type", "")
    names = [types] if isinstance(types, str) else [name for name in types if name != "null"]
    return str(names[0]) if names else ""
