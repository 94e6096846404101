"""Everything that a calibration may ask for in any combination, against plain sums over pixels.

Nothing of the product is used on the other side: no binning, no kernel, no correction. Each seed is
another detector with another choice of corrections, bins, sectors, error model and type of counts.
"""

import math

import numpy as np
import pytest

from saxsdog import Calibration, Integrator
from saxsdog.reduction.geometry import Geometry
from tests.helpers.oracles import q_by_the_design, shares, sub_pixel_positions

SEEDS = range(40)

MAY_ROUND = 1e-9
"""Relative to the largest number of a curve."""

NEAR_AN_EDGE = 1e-9
"""Relative; two ways to compute an abscissa need not agree on which side such a point lies."""

MARKS = {"u": None, "i": (-1, -2), "f": (np.nan, np.inf, -1.0)}
"""What pixels without a measurement hold, by kind of type; the largest value for None."""


class Case:
    """One detector with its calibration and frame, and what must come out."""

    def __init__(self, seed, folder):
        self.rng = np.random.default_rng(seed)
        self.folder = folder
        rows, columns = (int(n) for n in self.rng.integers(15, 40, 2))
        self.shape = (rows, columns)
        beam = (float(self.rng.uniform(0, rows)), float(self.rng.uniform(0, columns)))
        edges = [float(each) for each in self.rng.uniform(80, 300, 2)]
        tilt, turn = (float(each) for each in self.rng.uniform((0, -180), (20, 180)))
        distance, self.wavelength = (float(x) for x in self.rng.uniform((30, 0.7), (1000, 1.9)))
        self.geometry = Geometry(
            shape=self.shape,
            beam_center=(rows - beam[0], beam[1]),
            distance=distance * 1e-3,
            pixel_size=(edges[0] * 1e-6, edges[1] * 1e-6),
            wavelength=self.wavelength / 10,
            tilt=math.radians(tilt),
            tilt_rotation=math.radians(turn),
        )
        self.oversampling = int(self.rng.integers(1, 4))
        self.mask = {"qStart": 0, "qStop": 1e3, "Oversampling": self.oversampling}
        self.document = {
            "Title": f"seed {seed}",
            "Geometry": {
                "Imagesize": [rows, columns],
                "BeamCenter": list(beam),
                "DedectorDistanceMM": distance,
                "PixelSizeMicroM": edges,
                "Tilt": {"TiltAngleDeg": tilt, "TiltRotDeg": turn},
            },
            "Wavelength": self.wavelength,
            "Masks": [self.mask],
            "Directory": [""],
        }
        self.values = {}
        self.good = np.ones(self.shape, dtype=bool)
        self.response = np.ones(self.shape)
        self.dark = np.zeros(self.shape)
        self.dark_scale = 1.0
        self.is_corrected = False
        self.scale = 1.0
        self._cut_into_bins()
        self._ask_for_corrections()
        self._normalise()
        self._take_an_image()
        self.model = str(self.rng.choice(["poisson", "propagated", "azimuthal"]))
        self.document["ErrorModel"] = self.model

    def chance(self, share=0.5):
        return bool(self.rng.random() < share)

    def save(self, name, values):
        np.save(self.folder / name, values)
        return name

    def _cut_into_bins(self):
        y, x = sub_pixel_positions(self.geometry, self.oversampling)
        q, chi = q_by_the_design(self.geometry, y, x), np.degrees(np.arctan2(y, x))
        unit = str(self.rng.choice(["q", "q_per_angstrom", "two_theta", "d", "r"]))
        abscissa = {
            "q": q,
            "q_per_angstrom": q / 10,
            "two_theta": np.degrees(2 * np.arcsin(q * self.wavelength / 40 / np.pi)),
            "d": 2 * np.pi / q,
            "r": np.hypot(x, y) * 1e3,
        }[unit]
        lowest, highest = (float(each) for each in np.quantile(abscissa, (0.03, 0.9)))
        number = int(self.rng.integers(1, 30))
        between = {"Unit": unit, "Number": number, "From": lowest, "To": highest}
        match int(self.rng.integers(3)):
            case 0:
                edges = np.sort(self.rng.uniform(lowest / 2, highest * 1.5, number + 1))
                self.mask["Bins"] = {"Unit": unit, "Edges": edges.tolist()}
            case 1:
                edges = np.linspace(lowest, highest, number + 1)
                self.mask["Bins"] = between
            case _:
                edges = np.geomspace(lowest, highest, number + 1)
                self.mask["Bins"] = between | {"Spacing": "logarithmic"}
        inside = (edges[0] <= abscissa) & (abscissa < edges[-1])
        labels = np.where(inside, np.digitize(abscissa, edges) - 1, -1)
        self.to_an_edge = float(np.abs(abscissa[..., np.newaxis] / edges - 1).min())
        if self.chance(0.6):
            labels = np.where(self._in_sectors(chi), labels, -1)
        self.n_bins = number
        if self.chance(0.3):
            n_azimuths = int(self.rng.integers(1, 9))
            self.mask["Cake"] = {"AzimuthalBins": n_azimuths}
            place = np.minimum((chi + 180) / 360 * n_azimuths, n_azimuths * (1 - 1e-15))
            labels = np.where(labels >= 0, labels + np.floor(place).astype(int) * number, -1)
            self.to_an_edge = min(self.to_an_edge, np.abs(place - np.rint(place)).min() / 360)
            self.n_bins = number * n_azimuths
        self.labels = labels

    def _in_sectors(self, chi):
        inside = np.zeros(chi.shape, dtype=bool)
        self.mask["Sectors"] = []
        for _ in range(int(self.rng.integers(1, 4))):
            start, width = (float(each) for each in self.rng.uniform((-180, 5), (180, 200)))
            stop, mirrored = start + width, self.chance()
            if stop > 180 and self.chance():
                stop -= 360
            self.mask["Sectors"].append({"From": start, "To": stop, "Mirrored": mirrored})
            for turn in (0, 180) if mirrored else (0,):
                beyond = (chi - start - turn) % 360
                inside |= beyond < width
                to_its_ends = np.minimum(np.minimum(beyond, 360 - beyond), np.abs(beyond - width))
                self.to_an_edge = min(self.to_an_edge, float(to_its_ends.min()) / 360)
        return inside

    def _ask_for_corrections(self):
        y, x = sub_pixel_positions(self.geometry, 1)
        r, psi = np.hypot(x, y), np.arctan2(y, x)
        tilt, uphill = self.geometry.tilt, -self.geometry.tilt_rotation
        depth = r * np.sin(tilt) * np.cos(psi - uphill)
        along = self.geometry.distance + depth
        path = np.hypot(along, np.sqrt(r**2 - depth**2))
        cosine = self.geometry.distance * math.cos(tilt) / path  # of the angle of incidence
        two_theta = np.arccos(along / path)
        foreshortened = r * np.cos(psi - uphill) * math.cos(tilt)
        around_beam = np.arctan2(r * np.sin(psi - uphill), foreshortened) + uphill
        asked = {}
        if self.chance():
            asked["SolidAngle"] = True
            self.response = self.response * cosine**3
        if self.chance(0.4):
            asked["Sensor"] = {"ThicknessMicroM": 450, "AttenuationLengthMicroM": 300}
            self.response = self.response * (1 - np.exp(-1.5 / cosine)) / (1 - math.exp(-1.5))
        if self.chance(0.4):
            asked["SampleTransmission"] = 0.3
            depth = (np.arange(2000) + 0.5) / 2000  # of the scattering, in thicknesses
            longer = (1 - depth) * (1 / np.cos(two_theta)[..., np.newaxis] - 1)
            self.response = self.response * (0.3**longer).mean(axis=-1)
        if self.chance():
            flat = self.rng.uniform(0.5, 1.5, self.shape)
            flat[self.rng.random(self.shape) < 0.02] = self.rng.choice([0, np.nan, -1])
            asked["FlatField"] = self.save("flat.npy", flat)
            self.good &= flat > 0
            self.response = self.response * np.where(flat > 0, flat, 1)
        if self.chance():
            self.dark = self.rng.poisson(3, self.shape).astype(float)
            asked["DarkCurrent"] = self.save("dark.npy", self.dark)
            if self.chance():
                asked["DarkExposureTime"] = 4.0
                self.values["exposure_time"] = 10.0
                self.dark_scale = 2.5
        if asked:
            self.document["Corrections"] = asked
            self.is_corrected = True
        if self.chance(0.4):
            share, angle = 0.93, float(self.rng.uniform(0, 180))
            self.document["PolarizationCorrection"] = {"Fraction": share, "Angle": angle}
            phi = around_beam - math.radians(angle - 90)
            sine = np.sin(two_theta)
            self.response = self.response * (
                share * (1 - (np.sin(phi) * sine) ** 2)
                + (1 - share) * (1 - (np.cos(phi) * sine) ** 2)
            )

    def _normalise(self):
        if self.chance():
            self.document["Normalization"] = {
                "DivideBy": "Monitor * t ** 2 / max(k, 2)",
                "Constants": [{"Name": "K", "Value": 3}],
                "ScaleFactor": 1.7,
                "Unit": "1/cm",
            }
            self.values |= {"monitor": 100.0, "t": 0.5}
            self.scale = 1.7 / (100 * 0.5**2 / 3)

    def _take_an_image(self):
        level = self.rng.choice([0.3, 20, 3000])
        self.counts = self.rng.poisson(level, self.shape).astype(float)
        kind = np.dtype(str(self.rng.choice(["u1", "u2", ">u2", "u4", "i2", "<i8", "f4", ">f8"])))
        if kind.itemsize == 1:
            self.counts = np.minimum(self.counts, 254)
        self.image = self.counts.astype(kind)
        bad = self.rng.random(self.shape) < 0.03
        marks = MARKS[kind.kind] or (np.iinfo(kind).max,)
        self.image[bad] = self.rng.choice(marks)
        self.good &= ~bad
        if self.chance(0.4):
            masked = self.rng.random(self.shape) < 0.1
            self.mask["MaskFile"] = self.save("mask.npy", masked)
            self.good &= ~masked
        if self.chance(0.4):
            cutoff = max(float(np.quantile(self.counts, 0.9)), 1.0)
            self.document["BadPixels"] = {"CountCutoff": True}
            self.values["count_cutoff"] = cutoff
            self.good &= self.counts < cutoff

    def expected(self):
        """Intensity, error and area of every bin."""
        share = shares(self.labels, self.n_bins, self.oversampling, ~self.good)
        share = share / self.oversampling**2
        factor, counts = 1 / self.response.ravel(), self.counts.ravel()
        dark, scale = self.dark.ravel(), self.dark_scale
        value, area = factor * (counts - scale * dark), share.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            intensity = share @ value / area
            match self.model:
                case "propagated":
                    variance = share**2 @ (factor**2 * (counts + scale**2 * dark))
                case "poisson" if self.is_corrected:
                    from_dark = (scale + scale**2) * (share @ (factor**2 * dark))
                    variance = np.maximum(intensity * (share @ factor) + from_dark, 0)
                case "poisson":
                    variance = intensity * area
                case _:
                    squares = (share**2).sum(axis=1)
                    freedom = area - squares / area
                    spread = (share * (value - intensity[:, np.newaxis]) ** 2).sum(axis=1)
                    variance = np.where(freedom > 1e-12, spread / freedom, np.nan) * squares
            sigma = np.sqrt(variance) / area
        return intensity * self.scale, sigma * self.scale, area


def agree(ours, theirs):
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    known = ~np.isnan(theirs)
    largest = np.abs(theirs[known]).max(initial=1e-300)
    assert np.abs(ours[known] - theirs[known]).max(initial=0.0) < MAY_ROUND * largest


@pytest.mark.parametrize("seed", SEEDS)
def test_any_combination_is_what_sums_over_the_pixels_say(tmp_path, seed):
    case = Case(seed, tmp_path)
    if case.to_an_edge < NEAR_AN_EDGE or not (case.labels >= 0).any():
        pytest.skip("a sub-pixel lies on an edge, or none in a bin")
    integrator = Integrator(Calibration.from_document(case.document), tmp_path)
    (curve,) = integrator.integrate(case.image, case.values)
    intensity, sigma, area = case.expected()
    agree(curve.intensity.ravel(), intensity)
    agree(curve.area.ravel(), area)
    if case.model != "azimuthal":
        agree(curve.sigma.ravel(), sigma)
    else:  # the scatter of two nearly equal numbers is a difference of squares
        known = np.isfinite(sigma) & (area > 2)
        np.testing.assert_allclose(curve.sigma.ravel()[known], sigma[known], rtol=1e-5, atol=1e-9)
