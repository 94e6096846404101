import os

import pytest

from saxsdog.benchmark.child import Child, Children
from saxsdog.benchmark.errors import MeasurementError


def adder(first):
    return lambda second: first + second


def process_teller(folder):
    def tell(name):
        (folder / name).write_text(str(os.getpid()))

    return tell


def dying():
    return lambda: os._exit(3)


def test_a_child_answers_one_question_after_the_other():
    with Child(adder, 1) as child:
        assert [child.ask(2), child.ask(3)] == [3, 4]


def test_children_share_out_the_questions(tmp_path):
    names = [str(i) for i in range(20)]
    with Children(2, process_teller, tmp_path) as children:
        children.work_off((name,) for name in names)
        process_ids = set(children.process_ids)
    answered = {name: int((tmp_path / name).read_text()) for name in names}
    assert set(answered.values()) == process_ids
    assert os.getpid() not in process_ids


def test_a_child_that_dies_is_an_error_that_names_it():
    with Child(dying) as child, pytest.raises(MeasurementError, match="dying"):
        child.ask()


def test_a_child_that_cannot_begin_is_an_error():
    with pytest.raises(MeasurementError, match="adder"), Child(adder):
        pass
