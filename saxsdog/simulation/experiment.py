"""A simulated experiment: a reaction in front of a detector, frame by frame."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from saxsdog.detectors import Detector, detector
from saxsdog.errors import UsageError
from saxsdog.reduction.geometry import Geometry, pixel_centers, q
from saxsdog.simulation.beamstop import distance_from_stop, stop_mask, transmission
from saxsdog.simulation.defects import Defects
from saxsdog.simulation.scattering import SampleModel
from saxsdog.simulation.tiff import FrameHeader

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Image = NDArray[np.int32 | np.uint32]

FIRST_FRAME = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""When the first exposure starts, unless told otherwise; fixed, so that files are reproducible."""

# The real frame of silver behenate that the simulation is modelled on: a Pilatus 1M at 829.7 mm,
# 8 keV, the beam in the upper half.
WAVELENGTH = 0.154987
"""nm."""
BEAM_FRACTION = (238.32 / 1043, 422.32 / 981)
"""Beam centre over the size of the detector, ``(row, column)``."""
DISTANCE_OVER_REACH = 0.8297 / (172e-6 * np.hypot(1043 - 238.32, 981 - 422.32))
"""Distance of the detector over that of its farthest corner from the beam; it fixes the largest q,
8.1 nm⁻¹."""

EXPOSED_SHARE = 0.95
"""Share of a period in which the detector counts; the rest is for reading it out."""

STRAY = 25.0
"""Scattered behind the beamstop, by air and windows, so seen in its shadow too; counts/pixel."""

HOT_COUNTS = 100_000.0
"""What a hot pixel counts on top of the scattering."""

GRID_POINTS = 2**16
"""Points in q between which the images of the components are interpolated; at this number the
error at the top of a ring is below 1e-5 of it."""


def default_geometry(detector: Detector) -> Geometry:
    """Put a detector where it sees q up to 8.1 nm⁻¹ and at least parts of six rings."""
    rows, columns = detector.shape
    beam_center = (rows * BEAM_FRACTION[0], columns * BEAM_FRACTION[1])
    reach = np.hypot(
        (rows - beam_center[0]) * detector.pixel_size[0],
        (columns - beam_center[1]) * detector.pixel_size[1],
    )
    return Geometry(
        shape=detector.shape,
        beam_center=(round(beam_center[0], 2), round(beam_center[1], 2)),
        distance=round(float(DISTANCE_OVER_REACH * reach), 4),
        pixel_size=detector.pixel_size,
        wavelength=WAVELENGTH,
    )


@dataclass(frozen=True, eq=False)
class Experiment:
    """A reaction seen by a detector; every frame follows from the fields alone.

    Frame ``k`` does not depend on how many frames there are: the time of the reaction is
    ``k / reaction_frames`` and the noise of every frame comes from the seed and ``k``. The same
    seed gives the same bytes with the same version of numpy.

    A pixel counts what the true curve says at its centre; it is not averaged over its area, and
    solid angle and polarization are left out, so that an average over pixels is the curve itself.

    Attributes
    ----------
    detector, geometry, sample, defects
        What is where.
    mask
        Pixels to leave out: gaps, dead and hot pixels, the beamstop and a margin around it.
    rings, spheres, still
        Images of the rings after the reaction, of the spheres before it, and of all that does not
        change, each as it passes the beamstop, counts/pixel.
    n_frames
        Frames of a whole run; any ``index`` from 0 on can be asked for.
    reaction_frames
        Frames that the reaction takes.
    period
        From the start of one exposure to the next, s.
    start
        When the first exposure starts.
    seed
        Chooses the noise and the defects.
    """

    detector: Detector
    geometry: Geometry
    sample: SampleModel
    defects: Defects
    mask: Mask
    rings: Array
    spheres: Array
    still: Array
    n_frames: int
    reaction_frames: int
    period: float
    start: datetime
    seed: int

    @classmethod
    def create(
        cls,
        detector_name: str = "Pilatus 1M",
        *,
        seed: int = 0,
        n_frames: int = 100,
        period: float = 0.1,
        reaction_frames: int = 100,
        sample: SampleModel | None = None,
        geometry: Geometry | None = None,
        n_dead: int = 20,
        n_hot: int = 0,
        start: datetime = FIRST_FRAME,
    ) -> Self:
        """Prepare all that stays the same from frame to frame.

        Raises
        ------
        UsageError
            If the detector is not known or a number makes no sense.
        """
        _check(seed, n_frames, period, reaction_frames)
        the_detector = detector(detector_name)
        geometry = geometry or default_geometry(the_detector)
        if geometry.shape != the_detector.shape:
            raise UsageError(
                f"expected a geometry of {the_detector.shape} pixels for a {the_detector.name}, "
                f"got {geometry.shape}"
            )
        sample = sample or SampleModel()
        defects = Defects.scatter(the_detector, n_dead, n_hot, seed)
        outside = distance_from_stop(geometry)
        passed = transmission(outside)
        q_map = q(geometry, *pixel_centers(geometry))
        grid = np.linspace(0.0, q_map.max(), GRID_POINTS)
        still = STRAY + passed * (sample.background - STRAY)
        still[defects.hot] += HOT_COUNTS
        return cls(
            detector=the_detector,
            geometry=geometry,
            sample=sample,
            defects=defects,
            mask=defects.gaps | defects.dead | defects.hot | stop_mask(outside),
            rings=passed * np.interp(q_map, grid, sample.rings(grid)),
            spheres=passed * np.interp(q_map, grid, sample.spheres(grid)),
            still=still,
            n_frames=n_frames,
            reaction_frames=reaction_frames,
            period=period,
            start=start,
            seed=seed,
        )

    def time_fraction(self, index: int) -> float:
        """When frame ``index`` is taken, in units of the duration of the reaction."""
        return index / self.reaction_frames

    def amplitudes(self, index: int) -> tuple[float, float]:
        """How much of the rings and of the spheres there is in frame ``index``."""
        time, evolution = self.time_fraction(index), self.sample.evolution
        return evolution.rings(time), evolution.spheres(time)

    def truth(self, q: ArrayLike, index: int) -> Array:
        """Give the curve of frame ``index`` outside the mask, counts/pixel over nm⁻¹."""
        return self.sample.intensity(q, self.time_fraction(index))

    def expected(self, index: int) -> Array:
        """Give the mean counts of frame ``index``, hot pixels included, gaps and dead ones not."""
        rings, spheres = self.amplitudes(index)
        expected = rings * self.rings
        expected += spheres * self.spheres
        expected += self.still
        return expected

    def frame(self, index: int) -> Image:
        """Draw the counts of frame ``index``, in the type of the detector.

        Counts are Poisson distributed around ``expected(index)``; gaps and dead pixels hold the
        detector's marks.
        """
        sequence = np.random.SeedSequence(self.seed, spawn_key=(1, index))
        generator = np.random.Generator(np.random.SFC64(sequence))
        counts = generator.poisson(self.expected(index))
        most = np.iinfo(self.detector.dtype).max  # a CCD has 16 bits
        image: Image = np.minimum(counts, most).astype(self.detector.dtype)
        image[self.defects.dead] = self.detector.dead_value
        image[self.defects.gaps] = self.detector.gap_value
        return image

    def header(self, index: int) -> FrameHeader:
        """Say what the file of frame ``index`` holds."""
        return FrameHeader(
            model=f"{self.detector.name.upper()}, simulated",
            pixel_size=self.detector.pixel_size,
            exposure_time=EXPOSED_SHARE * self.period,
            exposure_period=self.period,
            wavelength=self.geometry.wavelength,
            distance=self.geometry.distance,
            beam_center=self.geometry.beam_center,
            time=self.start + timedelta(seconds=index * self.period),
        )


def _check(seed: int, n_frames: int, period: float, reaction_frames: int) -> None:
    """Refuse numbers that make no sense."""
    if seed < 0:
        raise UsageError(f"expected a seed of 0 or more, got {seed}")
    if n_frames < 1 or reaction_frames < 1:
        raise UsageError(
            f"expected at least one frame, and one for the reaction, "
            f"got {n_frames} and {reaction_frames}"
        )
    if not (0 < period < float("inf")):
        raise UsageError(f"expected a period above 0 s, got {period}")
