import csv
import sys

import pytest

from saxsdog.archive.tables import FIRST_COLUMNS, Table, require_parquet
from saxsdog.errors import OutputError, UsageError
from tests.helpers.archives import FOLDER, description_of, integrator_of, record_of
from tests.helpers.clocks import Clock

PARAMETERS = ("R0.I0", "R0.I1", "R0.I2", "R0.correlation_length")


@pytest.fixture(scope="module")
def integrator():
    return integrator_of()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run7.csv"


def table_of(path, integrator, formats=("csv",), **options):
    return Table(path, description_of(integrator, path, formats), FOLDER, **options)


def rows_of(path, errors="strict"):
    with path.open(encoding="utf-8", errors=errors, newline="") as file:
        return list(csv.DictReader(file))


def test_each_integration_has_a_line_with_all_digits(path, integrator):
    records = [record_of(integrator, number) for number in range(5)]
    table = table_of(path, integrator)
    table.add(records[:2])
    table.add(records[2:])
    rows = rows_of(path)
    assert tuple(rows[0]) == FIRST_COLUMNS + PARAMETERS
    for row, record in zip(rows, records, strict=True):
        assert row["image"] == record.image.rpartition("/")[2]
        assert float(row["time"]) == record.time
        assert float(row["R0.I1"]) == record.parameters["R0"]["I1"]
    assert rows[3]["exposure"] == ""


@pytest.mark.parametrize("name", ['a, "b".tif', "a\rb.tif", "a\nb.tif"])
def test_an_odd_name_is_one_value(path, integrator, name):
    pytest.importorskip("pyarrow")
    table = table_of(path, integrator, ("csv", "parquet"))
    table.add([record_of(integrator, 1, name=name)])
    table.finish()
    assert [row["image"] for row in rows_of(path)] == [name]
    found = require_parquet()[1].read_table(path.with_suffix(".parquet"))
    assert found["image"].to_pylist() == [name]


def test_a_result_that_comes_twice_has_one_line_also_after_a_restart(path, integrator):
    records = [record_of(integrator, number) for number in range(3)]
    table_of(path, integrator).add(records[:2])
    table_of(path, integrator).add(records)
    assert len(rows_of(path)) == 3


def test_a_line_that_was_cut_off_is_written_again(path, integrator):
    records = [record_of(integrator, number) for number in range(3)]
    table_of(path, integrator).add(records)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    table_of(path, integrator).add(records)
    assert path.read_bytes() == whole


def test_a_table_that_somebody_has_edited_goes_on(path, integrator):
    records = [record_of(integrator, number) for number in range(2)]
    table_of(path, integrator).add(records[:1])
    with path.open("ab") as file:
        file.write(b"\nTotal \xb5\n")
    table_of(path, integrator).add(records)
    assert [row["image"] for row in rows_of(path, "replace")][-1] == "x_00001.tif"


def test_other_parameters_need_another_file(path, integrator):
    table = table_of(path, integrator)
    table.add([record_of(integrator, 0)])
    assert table.takes((*FIRST_COLUMNS, "R0.I0"))
    assert not table.takes((*FIRST_COLUMNS, "R0.Rg"))


def test_parquet_has_the_same_and_is_not_written_for_each_image(path, integrator):
    parquet = pytest.importorskip("pyarrow.parquet")
    clock = Clock()
    table = table_of(path, integrator, ("csv", "parquet"), clock=clock)
    file = path.with_suffix(".parquet")
    table.add([record_of(integrator, 0)])
    assert parquet.read_table(file).num_rows == 1
    table.add([record_of(integrator, 1)])
    assert parquet.read_table(file).num_rows == 1
    clock.now += 60.0
    table.add([record_of(integrator, 2)])
    assert parquet.read_table(file).num_rows == 3
    table.add([record_of(integrator, 3)])
    table.finish()
    columns = parquet.read_table(file).to_pydict()
    assert columns["image"] == [f"x_{number:05d}.tif" for number in range(4)]
    assert columns["R0.I0"] == [float(row["R0.I0"]) for row in rows_of(path)]
    assert columns["exposure"][3] is None


@pytest.mark.parametrize("digest", ["000012345678", "12345e678901"])
def test_parquet_takes_no_digest_for_a_number_and_no_column_for_empty(path, integrator, digest):
    parquet = pytest.importorskip("pyarrow.parquet")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, (*FIRST_COLUMNS, "R0.I0"))
        writer.writeheader()
        writer.writerow({"image": "7.5", "calibration": digest})
    table_of(path, integrator, ("csv", "parquet")).write_parquet()
    found = parquet.read_table(path.with_suffix(".parquet"))
    assert found["calibration"].to_pylist() == [digest]
    assert found["image"].to_pylist() == ["7.5"]
    for column in ("exposure", "R0.I0"):
        assert str(found.schema.field(column).type) == "double"
        assert found[column].to_pylist() == [None]


def test_a_table_that_somebody_spoiled_is_told_of(path, integrator):
    pytest.importorskip("pyarrow.parquet")
    table = table_of(path, integrator, ("csv", "parquet"))
    table.add([record_of(integrator, 0)])
    with path.open("a", encoding="utf-8") as file:
        file.write("a line of somebody else\n")
    with pytest.raises(OutputError, match=r"run7\.parquet: cannot be written: .*columns"):
        table.write_parquet()
    assert sorted(each.suffix for each in path.parent.iterdir()) == [".csv", ".parquet"]


def test_what_parquet_needs_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install 'saxsdog\[parquet\]'"):
        require_parquet()
