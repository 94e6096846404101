from datetime import UTC, datetime

import numpy as np
import pytest

from saxsdog.errors import UsageError
from saxsdog.simulation.tiff import FrameHeader, write_frame

HEADER = FrameHeader(
    model="PILATUS 1M, simulated",
    pixel_size=(172e-6, 172e-6),
    exposure_time=0.095,
    exposure_period=0.1,
    wavelength=0.154987,
    distance=0.8297,
    beam_center=(238.32, 422.32),
    time=datetime(2026, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC),
)


@pytest.fixture(params=[np.int32, np.uint32, np.uint16, np.dtype(">i4")], ids=str)
def image(request):
    image = np.arange(7 * 5).reshape(7, 5).astype(request.param)
    image[0, 0] = -1 if np.dtype(request.param).kind == "i" else np.iinfo(request.param).max
    return image


def test_other_readers_find_the_counts(tmp_path, image):
    fabio, tifffile = pytest.importorskip("fabio"), pytest.importorskip("tifffile")
    write_frame(path := tmp_path / "a.tif", image, HEADER)
    assert np.array_equal(tifffile.imread(path), image)
    assert tifffile.imread(path).dtype == image.dtype.newbyteorder("=")
    with fabio.open(path) as file:
        assert np.array_equal(file.data, image)


def test_tags_are_those_of_a_pilatus(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    write_frame(path := tmp_path / "a.tif", np.zeros((3, 4), np.int32), HEADER)
    with tifffile.TiffFile(path) as file:
        assert file.byteorder == "<"
        assert len(file.pages) == 1
        tags = {tag.code: tag.value for tag in file.pages[0].tags.values()}
    assert tags[272] == "PILATUS 1M, simulated"
    assert tags[273] == (4096,)
    assert tags[305] == "saxsdog simulate"
    assert tags[306] == "2026:01:01 12:00:00"
    assert tags[282][0] / tags[282][1] == pytest.approx(0.01 / 172e-6)
    assert path.stat().st_size == 4096 + 3 * 4 * 4
    lines = tags[270].splitlines()
    assert lines[0] == "# Pixel_size 172e-6 m x 172e-6 m"
    assert "# Exposure_time 0.0950000 s" in lines
    assert "# Wavelength 1.54987 A" in lines
    assert "# Threshold_setting: 4000 eV" in lines
    assert lines[-1] == "# 2026-01-01T12:00:00.250"


def test_fabio_takes_the_file_for_that_of_a_pilatus(tmp_path):
    fabio = pytest.importorskip("fabio")
    write_frame(path := tmp_path / "a.tif", np.zeros((3, 4), np.int32), HEADER)
    with fabio.open(path) as file:
        assert type(file).__name__ == "PilatusImage"
        assert file.header["Exposure_period"] == "0.1000000 s"
        assert file.header["Detector_distance"] == "0.8297 m"


def test_nobody_sees_a_part_of_a_file(tmp_path, monkeypatch):
    seen = []
    replace = type(tmp_path).replace

    def watched(source, target):
        seen.append((source.suffix, source.stat().st_size, list(tmp_path.glob("*.tif"))))
        return replace(source, target)

    monkeypatch.setattr(type(tmp_path), "replace", watched)
    write_frame(tmp_path / "a.tif", np.zeros((3, 4), np.int32), HEADER)
    assert seen == [(".tmp", 4096 + 48, [])]
    assert [p.name for p in tmp_path.iterdir()] == ["a.tif"]


def test_a_file_that_cannot_be_finished_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.tif").mkdir()
    with pytest.raises(OSError, match=r"a\.tif"):
        write_frame(tmp_path / "a.tif", np.zeros((3, 4), np.int32), HEADER)
    assert [p.name for p in tmp_path.iterdir()] == ["a.tif"]


@pytest.mark.parametrize("image", [np.zeros(3, np.int32), np.zeros((3, 3)), np.zeros((3, 3), "i8")])
def test_an_image_that_does_not_fit_is_refused(tmp_path, image):
    with pytest.raises(UsageError, match="expected a 2D image of integers"):
        write_frame(tmp_path / "a.tif", image, HEADER)
