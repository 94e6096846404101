import fabio
import numpy as np
import pytest
import tifffile

from saxsdog.io.images import FrameReader
from saxsdog.provenance.counts import digest_of

IMAGE = np.random.default_rng(1).poisson(20.0, (40, 50)).astype(np.int32)


def test_an_image_is_the_same_in_every_file(tmp_path):
    tifffile.imwrite(tmp_path / "x.tif", IMAGE)
    tifffile.imwrite(tmp_path / "packed.tif", IMAGE, compression="zlib")
    fabio.edfimage.EdfImage(IMAGE).write(str(tmp_path / "x.edf"))
    fabio.cbfimage.CbfImage(IMAGE).write(str(tmp_path / "x.cbf"))
    reader = FrameReader()
    digests = {digest_of(reader.read(path).image) for path in sorted(tmp_path.iterdir())}
    assert digests == {digest_of(IMAGE)}


@pytest.mark.parametrize(
    "same", [IMAGE.astype(">i4"), np.asfortranarray(IMAGE), np.repeat(IMAGE, 2, axis=1)[:, ::2]]
)
def test_how_it_lies_in_memory_does_not_count(same):
    assert digest_of(same) == digest_of(IMAGE)


def test_one_count_or_the_shape_makes_another_image():
    changed = IMAGE.copy()
    changed[39, 49] += 1
    others = [changed, IMAGE.reshape(50, 40), IMAGE.astype(np.uint32), IMAGE.astype(np.int64)]
    assert len({digest_of(IMAGE), *map(digest_of, others)}) == 5
