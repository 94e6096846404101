import math
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.io.headers import comment_fields, frame_header, parse_seconds, parse_time
from tests.helpers.frames import COMMENTS

MAY_21 = time.mktime((2014, 5, 21, 13, 4, 52, 0, 0, -1))  # the C library's idea of local time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2014:05:21 13:04:52", MAY_21),
        ("2014-05-21T13:04:52.123", MAY_21 + 0.123),
        ("2014-05-21 13:04:52", MAY_21),
        ("2014/May/21 13:04:52.123", MAY_21 + 0.123),
        ("2014/05/21 13:04:52.123456789", MAY_21 + 0.123456789),
        ("Wed May 21 13:04:52 2014", MAY_21),
        ("Wed May 21 13:04:52.5 2014", MAY_21 + 0.5),
        ("May 21 13:04:52 CEST 2014", MAY_21),
    ],
)
def test_a_time_without_a_zone_is_local(text, seconds):
    assert parse_time(text) == pytest.approx(seconds, abs=1e-6)


def test_a_time_with_a_zone_is_that_moment_everywhere():
    moment = datetime(2014, 5, 21, 13, 4, 52, tzinfo=timezone(timedelta(hours=2))).timestamp()
    assert parse_time("2014-05-21T13:04:52+02:00") == moment
    assert parse_time("2014-05-21T13:04:52+0200") == moment
    assert parse_time("2014-05-21T11:04:52Z") == moment


def test_seconds_since_the_epoch_are_a_time():
    assert parse_time("1447838465.371963") == 1447838465.371963


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "0000:00:00 00:00:00", "1970:01:01 00:00:00", "2014:02:30 10:00:00", "10 s",
     "9999-12-31T23:59:59", "2014-05-21T25:00:00", "2014-05-21T13:04:52+99:99", "nan", "inf", "17",
     "2014/Foo/21 13:04:52", "1e300"],
)  # fmt: skip
def test_a_time_that_cannot_be_true_is_none(text):
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10.0000000 s", 10.0), ("0.5", 0.5), ("100 ms", 0.1), ("250us", 250e-6), ("1e-3 s", 1e-3),
     ("ten", None), ("", None), ("-1 s", None), ("nan", None), ("1e999", None), ("1e99 s", 1e99)],
)  # fmt: skip
def test_an_exposure_is_in_seconds_whatever_its_unit(text, seconds):
    assert parse_seconds(text) == (None if seconds is None else pytest.approx(seconds))


def test_comments_are_read_with_and_without_colon_or_equals_sign():
    fields = comment_fields(
        "# Pixel_size 172e-6 m x 172e-6 m\r\n# Tau = 0 s\r\n# Threshold_setting: 4000 eV\r\n"
        "# Beam_xy (243.12, 309.12) pixels\r\n# Image_path: /a b/\r\n#Wavelength 1.54987 A\0"
        "\r\nnot a comment\r\n# \r\n# Retrigger_mode"
    )
    assert fields == {
        "Pixel_size": "172e-6 m x 172e-6 m",
        "Tau": "0 s",
        "Threshold_setting": "4000 eV",
        "Beam_xy": "(243.12, 309.12) pixels",
        "Image_path": "/a b/",
        "Wavelength": "1.54987 A",
        "Retrigger_mode": "",
    }


def test_a_comment_with_fractions_of_a_second_beats_the_date_of_the_tiff():
    fields = comment_fields(COMMENTS) | {"DateTime": "2014:05:21 13:04:52"}
    header = frame_header(fields, modified=1.0)
    assert header.time == pytest.approx(MAY_21 + 0.123, abs=1e-6)
    assert header.time_source == "header"
    assert header.exposure == 0.5


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"time_of_day": "1447838465.37", "Date": "2014-05-21 13:04:52"}, 1447838465.37),
        ({"Date": "Wed May 21 13:04:52 2014"}, MAY_21),
        ({"time": "2014-05-21 13:04:52"}, MAY_21),
        ({"Date": "2014-05-21", "Time": "13:04:52"}, MAY_21),
        ({"time_of_day": "12:00", "DATE": "2014-05-21 13:04:52"}, MAY_21),
    ],
)
def test_the_time_is_found_under_the_keys_that_beamlines_use(fields, seconds):
    assert frame_header(fields, modified=1.0).time == pytest.approx(seconds)


@pytest.mark.parametrize("key", ["count_time", "Exposure_time", "ExposureTime", "acq_expo_time"])
def test_the_exposure_is_found_under_the_keys_that_beamlines_use(key):
    assert frame_header({key: "0.25"}, modified=1.0).exposure == 0.25


def test_without_a_time_in_the_header_it_is_that_of_the_file_and_says_so():
    header = frame_header({"Date": "0000:00:00 00:00:00"}, modified=1234.5)
    assert (header.time, header.time_source, header.exposure) == (1234.5, "file", None)


@given(st.text())
def test_no_text_is_an_error(text):
    fields = comment_fields("# " + text) | dict.fromkeys(("date", "Exposure_time"), text)
    header = frame_header(fields, modified=0.0)
    assert math.isfinite(header.time)


@pytest.mark.parametrize("text", ["# " + " " * 10**7, "#a " * 10**6, "# a\n" * 10**6, "#" * 10**7])
def test_a_huge_header_is_not_slow(text):
    start = time.perf_counter()
    frame_header(comment_fields(text), modified=0.0)
    assert time.perf_counter() - start < 0.5


@given(st.datetimes(datetime(1991, 1, 1), datetime(2190, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_moment_survives_as_iso_text(moment):
    assert parse_time(moment.isoformat()) == pytest.approx(moment.timestamp(), abs=1e-5)
