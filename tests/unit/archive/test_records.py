import numpy as np

from saxsdog.archive.records import Record, leave, read_records, waiting
from tests.helpers.archives import integrator_of, record_of

CAKE = [{"qStart": 0.1, "qStop": 2.0}, {"qStart": 0.1, "qStop": 2.0, "Cake": {}}]


def test_a_record_comes_back_bit_by_bit():
    record = record_of(integrator_of(Masks=CAKE), 3)
    back = Record.from_bytes(record.to_bytes())
    assert (back.image, back.time, back.exposure) == (record.image, record.time, None)
    assert back.parameters == record.parameters
    assert back.curves["R1"][0].ndim == 2
    for name, columns in record.curves.items():
        np.testing.assert_array_equal(back.curves[name], columns)


def test_records_wait_in_the_order_in_which_they_came(tmp_path):
    integrator = integrator_of()
    records = [record_of(integrator, number) for number in (5, 2, 9)]
    for record in records:
        leave(tmp_path, record)
    found = read_records(waiting(tmp_path))
    assert [record.image for _, record in found] == [record.image for record in records]


def test_one_that_is_damaged_is_set_aside(tmp_path, caplog):
    leave(tmp_path, record_of(integrator_of(), 1))
    (path,) = waiting(tmp_path)
    path.write_bytes(path.read_bytes()[:100])
    assert read_records([path]) == []
    assert waiting(tmp_path) == []
    assert [file.suffix for file in tmp_path.iterdir()] == [".damaged"]
    assert "expected the result of an image" in caplog.text
    caplog.clear()
