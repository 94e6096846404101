"""Settings of Sphinx for the manual."""

import re
from importlib.metadata import version as version_of
from typing import Any

from sphinx.application import Sphinx

project = "saxsdog"
author = "the authors of saxsdog"
project_copyright = "the authors of saxsdog, GPL-3.0-or-later"
release = version = version_of("saxsdog")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_google_docstring = False
napoleon_preprocess_types = True

html_theme = "furo"
html_title = "saxsdog"
html_copy_source = False
html_show_sourcelink = False

BEFORE_NAPOLEON = 400


def setup(app: Sphinx) -> None:
    """Let Sphinx call us ahead of napoleon, which cannot read ``first, second`` as two names."""
    app.connect("autodoc-process-docstring", prepare_docstring, priority=BEFORE_NAPOLEON)


def prepare_docstring(
    app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]
) -> None:
    """Change in place what napoleon and reStructuredText would misunderstand.

    The section of attributes becomes a heading; what follows is a definition list already. And the
    initials of an author, ``O. Glatter``, must not begin an enumerated list.
    """
    lines[:] = [re.sub(r"^([A-Z])\. ", r"\1\\. ", line) for line in lines]
    if "Attributes" in lines:
        at = lines.index("Attributes")
        lines[at : at + 2] = [".. rubric:: Attributes", ""]
