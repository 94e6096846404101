"""The manual in the window says of a Python name what its docstring says."""

from saxsleash.models.manual_docstrings import describe


def test_a_class_shows_its_arguments_its_text_and_the_members_that_were_asked_for():
    text = describe(".. autoclass:: saxsdog.Calibration\n   :members: load, save\n")
    assert text.startswith("**class** `saxsdog.Calibration(title, geometry,")
    assert "`load(path: str | os.PathLike[str])`\n: Read" in text
    assert "`save(" in text
    assert "`from_document(" not in text


def test_a_class_without_members_shows_none():
    assert "`load(" not in describe(".. autoclass:: saxsdog.Calibration\n")


def test_members_without_names_are_all_that_have_a_docstring():
    text = describe(".. autoclass:: saxsdog.Client\n   :members:\n   :no-undoc-members:\n")
    assert "`stat()`" in text
    assert "_ask" not in text


def test_a_function_is_found_where_it_is_imported_from():
    assert describe(".. autofunction:: saxsdog.read_chi\n").startswith("`saxsdog.read_chi(path")


def test_sections_become_lists_of_definitions():
    text = describe(".. autoclass:: saxsdog.reduction.geometry.Geometry\n")
    assert "*Attributes*" in text
    assert "`shape`\n: Pixels of the detector" in text
    assert "---" not in text


def test_the_classes_of_a_module_come_in_their_order():
    text = describe(".. automodule:: saxsdog.errors\n   :members:\n")
    places = [text.index(f"`{name}(") for name in ("SaxsdogError", "DocumentError", "FrameError")]
    assert places == sorted(places)


def test_roles_of_docstrings_become_code_and_formulas():
    text = describe(".. autoclass:: saxsdog.Client\n   :members:\n")
    assert ":exc:" not in text
    assert "``" not in text


def test_a_name_that_is_not_there_is_shown_as_a_name():
    assert describe(".. autoclass:: saxsdog.Nothing\n") == "`saxsdog.Nothing`"
    assert describe(".. autofunction:: nowhere.at_all\n") == "`nowhere.at_all`"
