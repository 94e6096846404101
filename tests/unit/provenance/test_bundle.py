import io
import json
import zipfile

import numpy as np
import pytest

from saxsdog import Bundle, Calibration, Integrator
from saxsdog.errors import BundleError
from saxsdog.provenance import bundle as bundles
from tests.helpers.experiments import SHAPE, write_calibration

MASK = "bad.edf"
"""Pixels that are not 0 are bad."""


def write_mask(path, column=10):
    import fabio

    bad = np.zeros(SHAPE, np.uint8)
    bad[:, column:] = 1
    path.parent.mkdir(parents=True, exist_ok=True)
    fabio.edfimage.EdfImage(bad).write(str(path))
    return path


def packed(folder, name=MASK, **changes):
    """Return the bundle of a calibration with one mask."""
    write_mask(folder / name)
    masks = [{"Oversampling": 3, "qStart": 0.1, "qStop": 0.4, "MaskFile": name}]
    path = write_calibration(folder, **{"Masks": masks} | changes)
    integrator = Integrator(Calibration.load(path), folder)
    return Bundle.of(integrator.calibration, integrator.files)


def written(path, bundle):
    path.write_bytes(bundle.to_bytes())
    return path


def test_it_comes_back_as_it_was(tmp_path):
    bundle = packed(tmp_path)
    read = Bundle.read(written(tmp_path / "x.zip", bundle))
    assert read == bundle
    assert json.dumps(read.document) == json.dumps(bundle.document)
    assert read.id == bundle.id
    assert read.other_versions == ()


def test_whoever_has_it_gets_the_same_numbers(tmp_path):
    folder = tmp_path / "beamline"
    path = written(tmp_path / "x.zip", packed(folder))
    image = np.random.default_rng(1).poisson(20.0, SHAPE).astype(np.int32)
    (there,) = Integrator(Calibration.load(folder / "small.saxsconf"), folder).integrate(image)
    (here,) = Bundle.read(path).integrator().integrate(image)
    np.testing.assert_array_equal(here.intensity, there.intensity)
    assert np.isnan(here.intensity).any()  # the mask counts


def test_unpacked_it_is_a_calibration_with_its_masks(tmp_path):
    bundle = packed(tmp_path / "beamline", name="../masks/bad.edf")
    assert (tmp_path / "masks" / "bad.edf").exists()
    home = tmp_path / "home"
    with zipfile.ZipFile(io.BytesIO(bundle.to_bytes())) as archive:
        archive.extractall(home)
    assert sorted(each.name for each in home.iterdir()) == [
        "bad.edf",
        "bundle.json",
        "calibration.saxsconf",
    ]
    unpacked = Integrator(Calibration.load(home / "calibration.saxsconf"), home)
    np.testing.assert_array_equal(
        unpacked.plan.channels[0].q, bundle.integrator().plan.channels[0].q
    )
    assert Bundle.read(home) == bundle


def test_files_of_one_name_do_not_replace_each_other(tmp_path):
    masks = ["a/bundle.json", "/b/bundle.json", "bundle.json", "calibration.saxsconf"]
    files = {name: name.encode() for name in masks}
    document = {"Masks": [{"MaskFile": name} for name in masks]}
    bundle = Bundle(document, files, {"saxsdog": "1"})
    assert Bundle.read(written(tmp_path / "x.zip", bundle)).files == files


def test_equal_content_makes_an_equal_zip(tmp_path):
    first = packed(tmp_path)
    assert packed(tmp_path).to_bytes() == first.to_bytes()
    others = [
        packed(tmp_path, Wavelength=1.0),
        Bundle(first.document, {MASK: b"another"}, first.versions),
        Bundle(first.document, first.files, {**first.versions, "numpy": "0.1"}),
    ]
    assert len({first.id, *(other.id for other in others)}) == 4


def test_other_versions_are_told(tmp_path):
    bundle = packed(tmp_path)
    old = Bundle(
        bundle.document, bundle.files, {**bundle.versions, "saxsdog": "0.0.1", "scipy": "1"}
    )
    here = bundle.versions["saxsdog"]
    assert old.other_versions == (f"saxsdog 0.0.1 (here {here})", "scipy 1 (here none)")


MASKLESS = b'{"files": {}, "versions": {}, "calibration": {"Masks": [{"MaskFile": "m"}]}}'


def changed_zip(data, **changes):
    """Return a zip with other files under some names; ``None`` leaves one out."""
    stored = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stored, "w") as new:
        for name in old.namelist():
            content = changes.get(name.split(".")[0], old.read(name))
            if content is not None:
                new.writestr(name, content)
    return stored.getvalue()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bad": b"not the mask"}, "bad.edf: expected the SHA-256"),
        ({"bad": None}, "no item named 'bad.edf'"),
        ({"bundle": None}, "no item named 'bundle.json'"),
        ({"bundle": b"[" * 5000}, "expected JSON"),
        ({"bundle": b"\xff"}, "can't decode"),
        ({"bundle": b"[]"}, "expected a bundle of saxsdog"),
        ({"bundle": b'{"files": 1}'}, "expected a bundle of saxsdog"),
        ({"bundle": b'{"files": {}, "versions": 1, "calibration": {}}'}, "expected a bundle"),
        ({"bundle": b'{"files": {"x": {}}, "versions": {}}'}, "'path'"),
        (
            {"bundle": MASKLESS},
            "expected m in the bundle",
        ),
    ],
)
def test_what_is_no_whole_bundle_is_refused(tmp_path, changes, message):
    path = tmp_path / "x.zip"
    path.write_bytes(changed_zip(packed(tmp_path).to_bytes(), **changes))
    with pytest.raises(BundleError, match=message) as caught:
        Bundle.read(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_every_cut_and_every_flipped_bit_is_noticed(tmp_path):
    bundle = packed(tmp_path)
    data = bundle.to_bytes()
    path = tmp_path / "x.zip"
    for at in range(0, len(data), 7):
        flipped = bytearray(data)
        flipped[at] ^= 0x10
        for damaged in (data[:at], bytes(flipped)):
            path.write_bytes(damaged)
            try:
                assert Bundle.read(path) == bundle  # a date, say, that nobody needs
            except BundleError:
                continue


def test_a_zip_that_claims_too_much_is_not_unpacked(tmp_path, monkeypatch):
    path = written(tmp_path / "x.zip", packed(tmp_path))
    monkeypatch.setattr(bundles, "LARGEST", 1 << 12)  # the mask has more than the zip
    path.write_bytes(changed_zip(path.read_bytes(), bad=b"")[:4000])
    with pytest.raises(BundleError):
        Bundle.read(path)


@pytest.mark.parametrize("name", ["nothing.zip", "."])
def test_what_is_not_there_is_named(tmp_path, name):
    with pytest.raises(BundleError, match="expected a bundle"):
        Bundle.read(tmp_path / name)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_STORED])
def test_whatever_is_damaged_in_a_zip_is_said(tmp_path, method):
    bundle = packed(tmp_path)
    stored = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(bundle.to_bytes())) as source,
        zipfile.ZipFile(stored, "w", method) as archive,
    ):
        for name in source.namelist():
            archive.writestr(name, source.read(name))
    whole, path = stored.getvalue(), tmp_path / "x.zip"
    path.write_bytes(whole)
    assert Bundle.read(path) == bundle
    random = np.random.default_rng(1)
    for _ in range(60):
        damaged = bytearray(whole)
        damaged[random.integers(len(whole))] ^= 1 << int(random.integers(8))
        path.write_bytes(damaged)
        try:
            assert Bundle.read(path).files == bundle.files
        except BundleError as error:
            assert str(error).startswith(f"{path}: expected")  # noqa: PT017 - many are whole


def test_a_later_layout_is_said(tmp_path):
    path = tmp_path / "x.zip"
    later = json.dumps({"generation": 2, "anything": "else"}).encode()
    path.write_bytes(changed_zip(packed(tmp_path).to_bytes(), bundle=later))
    with pytest.raises(BundleError, match="expected the layout 1, got 2, a later one"):
        Bundle.read(path)


def test_names_of_files_may_be_as_long_as_they_can(tmp_path):
    name = "a." + "m" * 253
    data = np.ones(SHAPE, np.uint8).tobytes()
    bundle = Bundle(packed(tmp_path).document, {name: data}, {})
    with bundle.unpacked() as places:
        assert places[name].read_bytes() == data
