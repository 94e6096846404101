import numpy as np

from saxsleash.models.mask_store import MaskStore


def test_a_mask_is_kept_by_its_name(qapp):
    store = MaskStore()
    told = []
    store.changed.connect(lambda: told.append(1))
    mask = np.eye(4, dtype=bool)
    store.set_mask("a.msk", mask, b"bytes")
    assert store.mask("a.msk") is mask
    assert (store.share("a.msk"), store.contents("a.msk"), store.problem("a.msk")) == (
        0.25,
        b"bytes",
        None,
    )
    assert told == [1]


def test_nothing_is_known_of_other_masks(qapp):
    store = MaskStore()
    assert (store.mask("b"), store.share("b"), store.contents("b"), store.problem("b")) == (
        None,
        None,
        None,
        None,
    )


def test_a_problem_takes_the_place_of_a_mask(qapp):
    store = MaskStore()
    store.set_mask("a.msk", np.zeros((2, 2), bool))
    store.set_problem("a.msk", "gone")
    assert (store.mask("a.msk"), store.problem("a.msk")) == (None, "gone")


def test_what_is_not_used_is_forgotten(qtbot):
    store = MaskStore()
    store.set_mask("a", np.zeros((2, 2), bool))
    with qtbot.waitSignal(store.changed):  # that of the second
        store.set_problem("b", "gone")
    told = []
    store.changed.connect(lambda: told.append(1))
    store.forget(["a", "c"])
    assert store.names == ("a",)
    qtbot.waitUntil(lambda: told == [1])


def test_what_becomes_known_of_many_masks_is_told_together(qtbot):
    store = MaskStore()
    told = []
    store.changed.connect(lambda: told.append(len(store.names)))
    for i in range(100):
        store.set_problem(f"{i}.msk", "gone")
    assert told == [1]
    qtbot.waitUntil(lambda: told[-1] == 100)
    assert told == [1, 100]
