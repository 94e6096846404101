"""Every section runs, with little of everything, and gives sane numbers."""

import json
import multiprocessing
import os

import pytest

from saxsdog.benchmark.bench import Bench, doubling
from saxsdog.benchmark.peers import pyfai_is_here
from saxsdog.benchmark.processes import family_of
from saxsdog.benchmark.sections import SECTIONS

BESIDE_PEERS = ("kernel", "reading", "writing", "batch")
PARTS = [
    pytest.param(part, peers, id=f"{name}-{part.measure.__name__}{'' if peers else '-alone'}")
    for name, section in SECTIONS.items()
    for part in section.parts
    for peers in ((True, False) if name in BESIDE_PEERS else (True,))
]
HELPERS_OF_MULTIPROCESSING = 2
"""The server that starts workers, and the tracker of resources: they end with this process."""

MAY_BE_UNKNOWN = {"peer", "peer is", "gain", "at least", "of that"}
"""Columns with something in some of the rows only."""


def little(folder, **changes):
    usual = {
        "n_cores": 2,
        "detector": "Pilatus 100K",
        "large_detector": "Pilatus 300K",
        "rounds": 1,
        "n_images": 12,
        "n_tiny_images": 40,
    }
    return Bench(folder, **(usual | changes))


@pytest.mark.parametrize(("part", "peers"), PARTS)
def test_every_part_gives_a_table_of_sane_numbers_and_leaves_no_process(tmp_path, part, peers):
    shares = []
    table = part.measure(little(tmp_path, peers=peers), shares.append)
    assert table.title
    assert table.caption
    assert table.rows
    assert sum(shares) <= 1 + 1e-6
    described = json.loads(json.dumps(table.as_dict(), allow_nan=False))
    for row in described["rows"]:
        for column, cell in row.items():
            assert cell is not None or column in MAY_BE_UNKNOWN, row
    labels = [row["label"] for row in described["rows"]]
    assert len(set(labels)) == len(labels)
    assert ("pyFAI" in str(labels)) <= (peers and pyfai_is_here())
    assert not multiprocessing.active_children()
    assert len(family_of(os.getpid())) <= 1 + HELPERS_OF_MULTIPROCESSING


def test_the_other_programs_are_measured_with_the_same_frame(tmp_path):
    pytest.importorskip("pyFAI")
    table = SECTIONS["kernel"].parts[0].measure(little(tmp_path), lambda _: None)
    assert sum("pyFAI" in row.label for row in table.rows) == 5


def test_numbers_of_threads_double_up_to_all_of_them():
    assert [doubling(most) for most in (1, 2, 3, 4, 6)] == [
        [1],
        [1, 2],
        [1, 2, 3],
        [1, 2, 4],
        [1, 2, 4, 6],
    ]
