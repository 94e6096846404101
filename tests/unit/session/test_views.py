import json
import math
from pathlib import Path

import numpy as np
import pytest

from saxsdog.calibration import Calibration
from saxsdog.errors import CurveFileError
from saxsdog.integrator import Integrator
from saxsdog.io.cakes import CakeFormat
from saxsdog.paths import Roots
from saxsdog.queue.records import Ending, Result, State
from saxsdog.session.views import failure_of, finite, graphs_of, row_of
from tests.helpers.calibrations import SMALL, changed

ROOT = Path("/data")


def relative(path):
    return path.relative_to(ROOT).as_posix()


def result_of(curves=("/data/work/a.chi",), parameters=None):
    return Result(
        cursor=7,
        path="/data/run/a.tif",
        time=1.5,
        time_source="header",
        exposure=0.5,
        announced=2.5,
        done=3.5,
        curves=tuple(map(str, curves)),
        parameters=parameters or {},
    )


def test_a_row_tells_what_a_result_tells():
    row = row_of(result_of(parameters={"M": {"I0": 1.0}}), relative)
    assert (row.cursor, row.file, row.time, row.time_source) == (7, "run/a.tif", 1.5, "header")
    assert (row.exposure, row.announced, row.done) == (0.5, 2.5, 3.5)
    assert row.parameters == {"M": {"I0": 1.0}}


def test_numbers_are_those_that_json_has():
    numbers = {"a": 1.0, "b": math.nan, "c": math.inf, "d": -math.inf, "e": 0.0}
    assert finite(numbers) == {"a": 1.0, "b": None, "c": None, "d": None, "e": 0.0}
    row = row_of(result_of(parameters={"M": numbers}), relative)
    assert "NaN" not in json.dumps(row.parameters, allow_nan=False)


@pytest.mark.parametrize(
    ("state", "status"), [(State.FAILED, "failed"), (State.SKIPPED, "skipped")]
)
def test_a_failure_tells_no_path_above_the_root(tmp_path, state, status):
    root = tmp_path.resolve()
    image, curve = str(root / "run" / "a.tif"), root / "work" / "a.chi"
    message = f"{image}: expected 9 bytes, got 3; {curve}"
    failure = failure_of(Ending(3, image, state, "truncated", message, 5.0), Roots([root]))
    assert (failure.file, failure.status, failure.reason, failure.time) == (
        "run/a.tif",
        status,
        "truncated",
        5.0,
    )
    assert failure.message == "run/a.tif: expected 9 bytes, got 3; work/a.chi"


def write_curve(path, rows):
    lines = ["{}", json.dumps({"I0": 1.0}), json.dumps(["q", "I", "error"]), f"   {len(rows)}"]
    lines += [" ".join(map(str, row)) for row in rows]
    path.write_text("\n".join(lines) + "\n")


def test_graphs_come_with_their_columns(tmp_path):
    first, second = tmp_path / "a.chi", tmp_path / "a_cS.chi"
    write_curve(first, [(1.0, 2.0, 3.0), (4.0, 5.0, 6.0)])
    write_curve(second, [(7.0, 8.0, 9.0)])
    result = result_of([first, second], {"M": {"I0": math.nan}})
    graphs, attachments = graphs_of(
        result, {"M": "Ring", "S": "Slice"}, lambda path: path.relative_to(tmp_path).as_posix()
    )
    assert [(g.channel, g.kind, g.file, g.points) for g in graphs] == [
        ("M", "Ring", "a.chi", 2),
        ("S", "Slice", "a_cS.chi", 1),
    ]
    assert graphs[0].columns == ("q", "I", "error")
    assert [graph.parameters for graph in graphs] == [{"I0": None}, {}]
    assert [each.name for each in attachments] == ["M", "S"]
    columns = np.frombuffer(attachments[0].data, "<f8").reshape(3, 2)
    assert columns.tolist() == [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]


def test_a_cake_comes_as_its_mean_over_azimuth(tmp_path):
    mask = {"qStart": 0.1, "qStop": 2.0}
    document = changed(SMALL, "Masks", [mask | {"Cake": {}}, mask])
    integrator = Integrator(Calibration.from_document(document))
    cake, curve = integrator.integrate(np.arange(2000).reshape(40, 50))
    file = tmp_path / "a.hdf"
    file.write_bytes(CakeFormat(integrator.plan.channels[0], document).render(cake))
    (graph,), (attachment,) = graphs_of(result_of([file]), {"R0": "Cake"}, lambda path: path.name)
    assert (graph.kind, graph.file, graph.points) == ("Cake", "a.hdf", curve.q.size)
    assert graph.columns == (curve.axis_label, "Intensity (Count/Pixel)", "Error Margin")
    columns = np.frombuffer(attachment.data, "<f8").reshape(3, -1)
    np.testing.assert_allclose(columns, [curve.q, curve.intensity, curve.sigma], rtol=1e-6)


def test_a_curve_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(CurveFileError, match=r"a\.chi"):
        graphs_of(result_of([tmp_path / "a.chi"]), {"M": "Ring"}, str)
