import json
import re

import pytest

from saxsdog.benchmark.sections import SECTIONS
from saxsdog.cli.bench import run
from saxsdog.cli.bench_report import cell_text
from saxsdog.errors import UsageError

LITTLE = ("--rounds", "1", "--images", "20", "--detector", "Pilatus 100K")


def test_json_holds_the_machine_and_the_sections_in_their_order(capsys, tmp_path):
    assert run(["writing", "memory", *LITTLE, "--directory", str(tmp_path), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == ["machine", "sections"]
    assert printed["machine"]["cores"] >= 1
    assert list(printed["sections"]) == ["memory", "writing"]
    (table,) = printed["sections"]["writing"]
    assert table["units"] == {"a curve": "ms", "of saxsdog's": "1"}
    assert all(row["a curve"] > 0 for row in table["rows"])
    assert not list(tmp_path.iterdir())


def test_tables_fit_a_hundred_columns_and_say_what_a_ratio_means(capsys):
    assert run(["writing", "reading", *LITTLE]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    assert "numpy.savetxt" in text
    assert "'gain' is the time of the peer over that of saxsdog" in " ".join(text.split())
    assert "dataset[i]" in text


def test_other_programs_can_be_left_out(capsys):
    assert run(["writing", "reading", *LITTLE, "--without-peers"]) == 0
    printed = capsys.readouterr()
    assert "numpy.savetxt" not in printed.out
    assert "fabio " not in re.sub(r"fabio\.open|fabio \d", "", printed.out)
    assert "pip install" not in printed.err


def test_how_to_install_what_is_missing_is_said(capsys, monkeypatch):
    monkeypatch.setattr("saxsdog.benchmark.bench.pyfai_is_here", lambda: False)
    assert run(["writing", *LITTLE]) == 0
    assert "pip install 'saxsdog[bench]'" in capsys.readouterr().err


def test_an_unknown_section_is_told_which_there_are(capsys):
    with pytest.raises(SystemExit) as ended:
        run(["kernels"])
    assert ended.value.code == 2
    message = capsys.readouterr().err
    assert "'kernels'" in message
    assert all(name in message for name in SECTIONS)


def test_too_few_images_are_refused():
    with pytest.raises(UsageError, match="expected at least 20, got 2"):
        run(["server", "--images", "2"])


def test_a_number_is_never_cut_off(capsys, monkeypatch):
    run(["writing", *LITTLE, "--without-peers", "--json"])
    (table,) = json.loads(capsys.readouterr().out)["sections"]["writing"]
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("saxsdog.cli.bench_report.WIDTH", 40)
    assert run(["writing", *LITTLE, "--without-peers"]) == 0
    text = capsys.readouterr().out
    assert len(re.findall(r"\d\.\d+|\d{2,}", text)) >= 2 * len(table["rows"])
    assert "…" not in text


def test_an_unknown_detector_is_told_before_anything_is_measured():
    with pytest.raises(UsageError, match="Pilatus 1M"):
        run(["--detector", "Pilatus 3M"])


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match="missing"):
        run(["writing", "--directory", str(tmp_path / "missing")])


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (0.012345, "0.0123"),
        (1.0, "1.00"),
        (12.345, "12.3"),
        (9.996, "10.0"),
        (1234.5, "1230"),
        (0.0, "0.00"),
        (float("nan"), "-"),
        (250, "250"),
        ("fabio", "fabio"),
        (None, "-"),
    ],
)
def test_numbers_have_three_digits(cell, text):
    assert cell_text(cell) == text
