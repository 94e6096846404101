"""When a process is told that it has grown too much."""

from saxsdog.pipeline.scales import ALLOWANCE, EVERY, FACTOR, USUAL_AT, Scales, memory

USUAL = 100 << 20


def images_until_too_much(weights):
    """So many images a process does that weighs what is given after each of them."""
    images = 0
    scales = Scales(lambda: weights[images - 1])
    for images in range(1, len(weights) + 1):
        if scales.tell_too_much():
            return images
    return None


def test_a_process_that_does_not_grow_stays():
    assert images_until_too_much([USUAL] * 10 * EVERY) is None


def test_what_comes_with_the_first_images_is_usual():
    assert images_until_too_much([0] * (USUAL_AT - 1) + [USUAL] * 10 * EVERY) is None


def test_a_process_goes_at_the_first_look_at_which_it_is_too_large():
    leak = 30 << 20
    weights = [USUAL + leak * images for images in range(10 * EVERY)]
    most = FACTOR * weights[USUAL_AT - 1] + ALLOWANCE
    expected = next(n for n in range(EVERY, 10 * EVERY, EVERY) if weights[n - 1] > most)
    assert images_until_too_much(weights) == expected


def test_where_nobody_can_weigh_nobody_goes():
    assert images_until_too_much([0] * 10 * EVERY) is None


def test_this_process_has_a_weight():
    assert memory() == 0 or memory() > 1 << 20
