"""Write the generated pages of the reference: documents from their schemas, the commands.

Run it from anywhere: ``python docs/make_reference.py``. The pages are committed, and
``tests/unit/test_docs.py`` fails when they no longer say what the program does.
"""

import argparse
import ast
import importlib
import json
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any

from saxsdog.cli import server
from saxsdog.cli.leash import commands as leash
from saxsdog.cli.main import COMMANDS
from saxsdog.detectors import DETECTORS
from saxsdog.refinement.calibrants import CALIBRANTS
from saxsdog.schema import load_schema
from saxsfeeder import command as feeder
from saxsleash import command as window

REFERENCE = Path(__file__).parent / "reference"
NOTE = "<!-- Made by docs/make_reference.py; do not edit. -->\n"
TYPES = {
    "object": "object",
    "array": "list",
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "`true` or `false`",
}

CALIBRATION_INTRODUCTION = """
A calibration is a JSON file, UTF-8, whose name ends in `.saxsconf`. It is checked completely before
anything is integrated: a key that is not listed here is an error, so a slip of the pen cannot hide
as a setting that does nothing. The keys, misspelling included, are those of the original SAXSDOG,
whose files load unchanged. [Write a calibration](../how-to/write-a-calibration.md) shows the way
there; this page is the list.

JSON knows no comments. Numbers have a decimal point, never a comma. `NaN`, `Infinity` and a key
that stands twice in one object are refused.
"""

MEANING = """
## What the schema cannot say

- `Masks` and `Slices` together hold at least one entry; with `GISAXSmode` there is at least one
  slice.
- `qStop` is larger than `qStart`.
- `MaskRef` is the index of a mask that exists, counted from 0.
- The band of a slice meets the detector.
- A mask file exists and has the size `Imagesize`; so do the images of `FlatField` and
  `DarkCurrent`.
- `DarkExposureTime` stands beside a `DarkCurrent`.
- No two `Classifiers` of a channel have the same name; each has only the keys of its kind, and
  enough bins between `From` and `To`. Its plug-in is installed.
"""

SETTINGS_INTRODUCTION = """
What a server must know beside the [network file](../how-to/set-up-the-network.md) and the
calibration stands in a TOML file, UTF-8, that is named on its command line:
`saxsdog-server --config FILE`. Every key has a default, so a server works without one. A key that
is not listed here is an error.

Relative paths start at the folder of the settings file; `~` is the home of the user that runs the
server. Options of the command line win over the file.

Several servers on one machine may share a file. A table `[server."NAME"]` holds, for the server of
this name in the network file, the keys in which it differs from the others.
"""

SETTINGS_EXAMPLE = """
roots = ["/data/saxs", "/data/archive"]

[workers]
number = 8

[output]
relative = "../processed"

[feeder]
path_map = [["/mnt/detector", "/data/saxs"]]    # there, here

[log]
file = "/var/log/saxsdog/server.log"

[server."Eiger 4M"]
roots = ["/data/waxs"]
workers.number = 4
"""

COMMANDS_INTRODUCTION = """
Tools that need no server are subcommands of one command, `saxsdog`; `python -m saxsdog` is the same
command. `saxsdog-server` is the server, `saxsleash` asks it, from a window or by a command,
`saxsfeeder` tells it of new images.
`--help` prints the text below in its short form, `--version` the version.

| exit status | means |
|---|---|
| 0 | all well |
| 1 | some images failed or folders could not be read; each is named with its reason |
| 2 | the call or the calibration is wrong, results cannot be written, or a server does not answer |
| 3 | `saxsleash wait --timeout` has waited long enough |
| 130 | interrupted with Ctrl-C or SIGTERM |

Results go to the standard output, messages to the standard error. A progress bar is drawn only
where the standard error is a terminal.
"""

DETECTORS_INTRODUCTION = """
What `saxsdog convert --detector NAME`, the window's *Import > Detector by name…*, `saxsdog
simulate` and a `.poni` file know by name. Upper and lower case, spaces and dashes do not matter,
nor do maker, series and sensor: `Dectris EIGER2 X CdTe 1M-W` is the Eiger2 1M-W. `saxsdog convert
--detectors` prints the list.

The gaps are rows and columns between modules that measure nothing; the numbers are those of the
makers' data sheets. Images with binned pixels, and gaps that a maker fills in by software, need
numbers of their own.
"""

CALIBRANTS_INTRODUCTION = """
The powders that `saxsdog calibrate --calibrant NAME` and *Refine…* in the window know. Upper and
lower case, spaces and dashes do not matter. A file with one spacing in Ångström at the start of
each line stands for any other powder; pyFAI's `.D` files are of this form.
"""

TESTS = Path(__file__).parents[1] / "tests"

PROMISES_INTRODUCTION = """
What is done to the product, what holds all the same, and the test that does it with real
processes, sockets, files and signals. After each of them the counters add up, no temporary file
and no process is left, and the server answers. Tests marked as long belong to `make soak`, all
others to `make test`. [Reliability](../explanation/reliability.md) says what is meant by it, and
what is not promised.
"""

SUBJECTS = {
    "A": "Who may ask",
    "B": "Abuse",
    "C": "Paths",
    "D": "Feeders",
    "E": "Workers",
    "F": "Images",
    "G": "Server, disks and restarts",
    "H": "Clients",
    "L": "Load",
}

EXAMPLE = """
{
    "Title": "Silver behenate, Pilatus 1M",
    "Geometry": {
        "BeamCenter": [804.68, 422.32],
        "DedectorDistanceMM": 829.7,
        "Imagesize": [1043, 981],
        "PixelSizeMicroM": [172.0, 172.0],
        "Tilt": {"TiltRotDeg": 0.0, "TiltAngleDeg": 0.0}
    },
    "Wavelength": 1.54987,
    "Masks": [
        {
            "MaskFile": "beamstop.msk",
            "Oversampling": 3,
            "PixelPerRadialElement": 1,
            "qStart": 0.3,
            "qStop": 5.0,
            "Name": "all azimuths"
        },
        {
            "MaskFile": "beamstop.msk",
            "qStart": 1.0,
            "qStop": 1.2,
            "Phi-mode": true,
            "AzimuthalBins": 180,
            "Name": "around the first ring"
        }
    ],
    "Slices": [
        {
            "Direction": "x",
            "Plane": "InPlane",
            "CutPosition": 600,
            "CutMargin": 7,
            "MaskRef": 0
        }
    ],
    "PolarizationCorrection": {"Fraction": 0.95, "Angle": 0},
    "ErrorModel": "propagated",
    "Directory": ["."],
    "Threads": 2
}
"""


def main() -> None:
    """Write all generated pages."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


def pages() -> dict[Path, str]:
    """Path and content of every generated page."""
    return {
        REFERENCE / "calibrants.md": calibrants_page(),
        REFERENCE / "calibration.md": calibration_page(),
        REFERENCE / "command-line.md": command_line_page(),
        REFERENCE / "detectors.md": detectors_page(),
        REFERENCE / "promises.md": promises_page(),
        REFERENCE / "settings.md": settings_page(),
    }


def calibration_page() -> str:
    """Describe the calibration from its schema, with an example."""
    schema = load_schema("calibration")
    parts = [NOTE, "# The calibration file", CALIBRATION_INTRODUCTION]
    parts += _sections("The document", "", schema)
    parts += [MEANING, "## Example\n", f"```json\n{EXAMPLE.strip()}\n```\n"]
    return "\n".join(parts)


def settings_page() -> str:
    """Describe the settings of a server from their schema, with an example."""
    parts = [NOTE, "# The settings of a server", SETTINGS_INTRODUCTION]
    parts += _sections("Keys at the top", "", load_schema("settings"))
    parts += ["## Example\n", f"```toml\n{SETTINGS_EXAMPLE.strip()}\n```\n"]
    return "\n".join(parts)


def detectors_page() -> str:
    """List the detectors that are known by name."""
    parts = [NOTE, "# Detectors", DETECTORS_INTRODUCTION]
    parts += ["| name | rows × columns | pixel, µm | gaps |", "|---|---|---|---|"]
    for known in DETECTORS.values():
        rows, columns = known.shape
        height, width = (f"{1e6 * edge:.6g}" for edge in known.pixel_size)
        parts.append(
            f"| {known.name} | {rows} × {columns} | {height} × {width} | {known.gaps or 'none'} |"
        )
    return "\n".join([*parts, ""])


def calibrants_page() -> str:
    """List the powders that are known by name, with the source of their spacings."""
    parts = [NOTE, "# Calibrants", CALIBRANTS_INTRODUCTION]
    parts += ["| name | also | first ring: d, nm | q, nm⁻¹ | source |", "|---|---|---|---|---|"]
    for known in CALIBRANTS:
        also = ", ".join(f"`{alias}`" for alias in known.aliases)
        parts.append(
            f"| {known.name} | {also} | {known.spacings[0]:.6g} | {known.qs[0]:.5g} | "
            f"{known.source} |"
        )
    return "\n".join([*parts, ""])


def promises_page() -> str:
    """List the promises that stand at the tests, by subject and number."""
    rows: dict[str, list[tuple[int, str]]] = {subject: [] for subject in SUBJECTS}
    for path in sorted(TESTS.rglob("test_*.py")):
        for test, promise in _promises(path):
            name = promise["name"]
            where = f"`{path.parent.name}/{path.name}`: {test}"
            length = " (long)" if "soak" in path.parts else ""
            cells = (name, promise["fault"], promise["kept"], where + length)
            rows[name[0]].append((int(name[1:]), f"| {' | '.join(map(_escaped, cells))} |"))
    parts = [NOTE, "# Promises", PROMISES_INTRODUCTION]
    for letter, title in SUBJECTS.items():
        parts += [f"## {title}\n", "| | fault | promise | shown by |", "|---|---|---|---|"]
        parts += [row for _, row in sorted(rows[letter])]
        parts.append("")
    return "\n".join(parts)


def _promises(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the tests of a file that carry promises, as words, with each of them."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "promise":
                    values = [*mark.args, *(each.value for each in mark.keywords)]
                    texts = [ast.literal_eval(value) for value in values]
                    promise = dict(zip(("name", "fault", "kept"), texts, strict=True))
                    yield node.name.removeprefix("test_").replace("_", " "), promise


def _sections(title: str, prefix: str, schema: dict[str, Any]) -> Iterator[str]:
    """Yield the table of an object, then those of the objects inside it."""
    yield f"## {title}\n"
    yield f"{schema['description']}\n"
    yield "| key | type | unit | range | default | meaning |"
    yield "|---|---|---|---|---|---|"
    inside: list[tuple[str, dict[str, Any]]] = []
    for key, sub in schema["properties"].items():
        required = key in schema.get("required", [])
        yield _row(key, sub, required=required)
        if sub["type"] == "object":
            inside.append((f"{prefix}{key}", sub))
        elif sub["type"] == "array" and sub["items"]["type"] == "object":
            inside.append((f"{prefix}{key}[]", sub["items"]))
    yield ""
    for name, sub in inside:
        yield from _sections(f"`{name}`", f"{name}.", sub)


def _row(key: str, schema: dict[str, Any], *, required: bool) -> str:
    default = "**required**" if required else _default(schema)
    cells = (f"`{key}`", _type(schema), _unit(schema), _range(schema), default)
    return f"| {' | '.join(cells)} | {_escaped(schema['description'])} |"


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema["type"] != "array":
        return TYPES[schema["type"]]
    low, high = schema.get("minItems", 0), schema["maxItems"]
    number = str(low) if low == high else f"{low} to {high}"
    noun = TYPES[schema["items"]["type"]] + ("s" if high > 1 else "")
    return f"list of {number} {noun}"


def _unit(schema: dict[str, Any]) -> str:
    unit = schema.get("unit", schema.get("items", {}).get("unit", ""))
    return "" if unit == "1" else unit


def _range(schema: dict[str, Any]) -> str:
    schema = schema["items"] if schema["type"] == "array" else schema
    if schema["type"] not in ("number", "integer"):
        return f"up to {schema['maxLength']} characters" if "maxLength" in schema else ""
    bounds = (
        ("≥ ", "minimum"),
        ("> ", "exclusiveMinimum"),
        ("≤ ", "maximum"),
        ("< ", "exclusiveMaximum"),
    )
    return ", ".join(f"{sign}{schema[key]:g}" for sign, key in bounds if key in schema)


def _default(schema: dict[str, Any]) -> str:
    if "default" not in schema:
        return "none"
    if schema["default"] in ({}, ""):
        return "empty"
    return f"`{json.dumps(schema['default'])}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def command_line_page() -> str:
    """Describe every command that exists from its argument parser."""
    parts = [NOTE, "# The command line", COMMANDS_INTRODUCTION]
    for command, summary in COMMANDS.items():
        parts += _command(command, summary)
    parts += _program("##", server.make_parser())
    parts += _leash()
    parts += _program("##", feeder.make_parser())
    return "\n".join(parts)


def _command(command: str, summary: str) -> Iterator[str]:
    parser = _parser_of(command)
    yield f"## saxsdog {command}\n"
    yield f"*{summary[0].upper()}{summary[1:]}.*\n"
    yield from _body(parser)


def _leash() -> Iterator[str]:
    """Describe ``saxsleash``: its window, what all of its commands take, then each of them."""
    parser = window.make_parser()
    yield "## saxsleash\n"
    yield "```text\nsaxsleash [options] [CAL]\nsaxsleash COMMAND ...\n```\n"
    yield f"{_prose(parser.description or '')}\n"
    yield from _definitions(_options(parser).values(), parser.prog)
    yield f"### saxsleash COMMAND\n\n{_prose(leash.DESCRIPTION)}\n"
    yield "Every command takes these options:\n"
    common = _options(leash.parser_of("hello"))
    yield from _definitions(common.values(), "saxsleash")
    for name in leash.COMMANDS:
        yield from _program("###", leash.parser_of(name), without=common)


def _program(
    level: str, parser: argparse.ArgumentParser, without: Container[str] = ()
) -> Iterator[str]:
    yield f"{level} {parser.prog}\n"
    yield from _body(parser, without)


def _body(parser: argparse.ArgumentParser, without: Container[str] = ()) -> Iterator[str]:
    yield f"```text\n{_usage(parser)}\n```\n"
    if parser.description and parser.description.strip():
        yield f"{_prose(parser.description)}\n"
    own = [action for name, action in _options(parser).items() if name not in without]
    yield from _definitions(own, parser.prog)
    if parser.epilog:
        yield f"```text\n{parser.epilog.strip()}\n```\n"


def _options(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    """Return what a command takes, by name, without ``--help`` and ``--version``."""
    actions = parser._actions  # noqa: SLF001 - argparse has no public list
    return {action.dest: action for action in actions if action.default is not argparse.SUPPRESS}


def _definitions(actions: Iterable[argparse.Action], program: str) -> Iterator[str]:
    for action in actions:
        yield f"{_heading(action)}\n: {_help(action, program)}\n"


def _parser_of(command: str) -> argparse.ArgumentParser:
    module = importlib.import_module(f"saxsdog.cli.{command}")
    parser: argparse.ArgumentParser = module.make_parser()
    return parser


def _usage(parser: argparse.ArgumentParser) -> str:
    """Return the usage on one line: versions of Python break lines differently."""
    return " ".join(parser.format_usage().removeprefix("usage: ").split())


def _heading(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ", ".join(f"`{name}`" for name in action.option_strings)
    value = _value(action)
    if not action.option_strings:
        return f"`{value}`"
    return ", ".join(f"`{name} {value}`" for name in action.option_strings)


def _value(action: argparse.Action) -> str:
    if action.metavar is not None:
        names = (action.metavar,) if isinstance(action.metavar, str) else action.metavar
        return " ".join(names)
    if action.choices is not None:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return action.dest.upper()


def _help(action: argparse.Action, program: str) -> str:
    """Fill the placeholders of a help text, as argparse does."""
    return _prose((action.help or "") % (vars(action) | {"prog": program}))


def _prose(text: str) -> str:
    return text.strip().replace("<", "&lt;").replace("*", "\\*")


if __name__ == "__main__":
    main()
