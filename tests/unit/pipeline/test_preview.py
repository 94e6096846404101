import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from saxsdog.pipeline.preview import Preview, PreviewJob, preview_of

FORMS = ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"]


def holds_count(value):
    if value.dtype.kind == "u":
        return value != np.iinfo(value.dtype).max
    return math.isfinite(value) and value >= 0


def loop(image, block):
    """Average blocks one pixel at a time."""
    rows, columns = (math.ceil(side / block) for side in image.shape)
    result = np.full((rows, columns), np.nan)
    for row in range(rows):
        for column in range(columns):
            part = image[row * block : (row + 1) * block, column * block : (column + 1) * block]
            counts = [float(value) for value in part.ravel() if holds_count(value)]
            if counts:
                result[row, column] = math.fsum(counts) / len(counts)
    return result


@given(st.data(), st.sampled_from(FORMS), st.integers(1, 12))
def test_blocks_are_averaged_as_a_plain_loop_does(data, form, max_side):
    shape = data.draw(npst.array_shapes(min_dims=2, max_dims=2, max_side=10))
    limits = {"min_value": -100.0, "max_value": 1e6, "width": 32} if form[0] == "f" else {}
    values = st.floats(**limits) | st.just(np.nan) | st.just(np.inf) if form[0] == "f" else None
    image = data.draw(npst.arrays(form, shape, elements=values))
    pixels, block = preview_of(image, max_side)
    assert block == math.ceil(max(shape) / max_side)
    assert pixels.dtype == np.float32
    assert max(pixels.shape) <= max_side
    np.testing.assert_allclose(pixels, loop(image, block), rtol=1e-6)


def test_pixels_without_a_count_are_left_out_and_empty_blocks_are_nan():
    image = np.array([[-1, 4, -2, -2], [-1, 8, -1, -1]], "i4")
    pixels, block = preview_of(image, 2)
    assert block == 2
    assert pixels[0, 0] == 6.0
    assert np.isnan(pixels[0, 1])


def test_a_small_image_is_shown_as_it_is():
    image = np.arange(12, dtype="u2").reshape(3, 4)
    pixels, block = preview_of(image, 512)
    assert block == 1
    assert (pixels == image).all()


def test_numbers_too_large_for_float32_do_no_harm():
    pixels, _ = preview_of(np.full((2, 2), 1e308), 1)
    assert pixels.tolist() == [[np.inf]]


@pytest.mark.parametrize("shape", [(3, 4), (1, 1), (0, 0)])
def test_a_preview_survives_its_way_as_bytes(shape):
    pixels = np.linspace(0, 1, math.prod(shape), dtype="f4").reshape(shape)
    sent = Preview(os.fsdecode(b"caf\xe9.tif"), (1043, 981), pixels, 3)
    data = sent.to_bytes()
    assert Preview.is_one(data)
    received = Preview.from_bytes(data)
    assert (received.image, received.frame_shape, received.block, received.error) == (
        sent.image,
        (1043, 981),
        3,
        "",
    )
    assert received.pixels.shape == shape
    assert (received.pixels == pixels).all()


def test_a_failed_preview_says_why():
    received = Preview.from_bytes(Preview.failed(Path("x.tif"), "x.tif: expected").to_bytes())
    assert (received.error, received.pixels.size) == ("x.tif: expected", 0)


def test_a_job_for_a_preview_survives_its_way_as_bytes():
    job = PreviewJob(Path(os.fsdecode(b"caf\xe9.tif")), 100)
    assert PreviewJob.is_one(job.to_bytes())
    assert PreviewJob.from_bytes(job.to_bytes()) == job
