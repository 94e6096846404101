"""Draw the pictures of the manual into ``docs/figures``; run from the root of the repository.

Numbers in them come from saxsdog itself, with fixed seeds, so the same versions of numpy and
matplotlib give the same pictures.
"""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Arc, Circle, Rectangle
from numpy.typing import NDArray

from saxsdog import Calibration, Integrator
from saxsdog.simulation.documents import calibration_document
from saxsdog.simulation.experiment import Experiment

FOLDER = Path(__file__).parent / "figures"
BLUE, ORANGE, GREEN, GREY = "#1f6fb2", "#d95f02", "#1b8a5a", "0.45"
STYLE: dict[Any, Any] = {"svg.hashsalt": "saxsdog", "font.size": 9.0, "axes.spines.top": False}
STYLE |= {"axes.spines.right": False, "savefig.facecolor": "white"}

SIDE = 240
"""Rows and columns of the small detector of the pictures about errors."""

N_FRAMES = 600


def main() -> None:
    """Draw all pictures."""
    import matplotlib as mpl

    mpl.rcParams.update(STYLE)
    FOLDER.mkdir(exist_ok=True)
    for name, draw, size in (
        ("oversampling", oversampling, (7.2, 2.9)),
        ("tilt", tilt, (5.6, 3.6)),
        ("coordinates", coordinates, (4.6, 4.2)),
        ("errors", errors, (7.2, 3.0)),
        ("polarization", polarization, (6.6, 2.8)),
    ):
        drawing = Figure(figsize=size, layout="constrained")
        draw(drawing)
        drawing.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})
    drawing = Figure(figsize=(6.4, 2.8), layout="constrained")
    wrong_centre(drawing)
    drawing.savefig(FOLDER / "wrong-centre.png", dpi=100)


def document(rows: int, columns: int, **keys: Any) -> dict[str, Any]:
    """Give a calibration of a small detector; the beam is in the middle."""
    geometry = {
        "BeamCenter": keys.pop("beam_center", [rows / 2, columns / 2]),
        "DedectorDistanceMM": keys.pop("distance_mm", 1000),
        "Imagesize": [rows, columns],
        "PixelSizeMicroM": [172],
    }
    mask = {"qStart": 0, "qStop": 1, "Oversampling": keys.pop("oversampling", 3)}
    return {"Geometry": geometry, "Wavelength": 1.0, "Masks": [mask], **keys}


def integrator(rows: int, columns: int, **keys: Any) -> Integrator:
    """Make the integrator of such a calibration."""
    return Integrator(Calibration.from_document(document(rows, columns, **keys)))


def oversampling(drawing: Figure) -> None:
    """Weights of the pixels of one bin near the beam, without and with oversampling."""
    rows = columns = 16
    beam = (0.2, 0.35)
    for axes, side in zip(drawing.subplots(1, 3), (1, 3, 8), strict=True):
        made = integrator(rows, columns, beam_center=list(beam), oversampling=side)
        curve = made.integrate(np.zeros((rows, columns), dtype=np.int32))[0]
        step = curve.q[1] - curve.q[0]
        chosen = int(9.4 * curve.q[-1] / (np.hypot(rows, columns) * step))
        matrix = made.matrix("R0")[chosen].toarray().reshape(rows, columns)
        weights = matrix * curve.area[chosen]
        axes.imshow(weights, cmap="Blues", vmin=0, vmax=1, extent=(0, columns, rows, 0))
        metre_per_q = 1.0 * 0.1 / (2 * np.pi) / 172e-6  # pixels; small angles are enough here
        for edge in (chosen * step, (chosen + 1) * step):
            radius = 2 * edge * metre_per_q
            axes.add_patch(
                Arc(
                    (beam[1], rows - beam[0]),
                    radius,
                    radius,
                    theta1=270,
                    theta2=360,
                    color=ORANGE,
                    lw=1.2,
                )
            )
        axes.set_xticks(range(0, columns + 1), [])
        axes.set_yticks(range(0, rows + 1), [])
        axes.grid(color="0.85", linewidth=0.4)
        axes.tick_params(length=0)
        axes.set_title(f"Oversampling {side}: area {curve.area[chosen]:.2f}", fontsize=9)
        axes.set_xlim(0, 12)
        axes.set_ylim(rows, 4)


def tilt(drawing: Figure) -> None:
    """Draw the triangle of sample, beam centre and pixel, in their common plane."""
    axes = drawing.subplots()
    distance, alpha, r = 5.0, np.radians(22), 2.4
    pixel = np.array([distance + r * np.sin(alpha), r * np.cos(alpha)])
    along = np.array([np.sin(alpha), np.cos(alpha)])
    ends = np.array([distance, 0]) + np.outer([-0.9, 3.2], along)
    axes.plot(*ends.T, color="0.3", lw=4, solid_capstyle="butt", alpha=0.5)
    axes.plot([distance, distance], [-0.7, 3.0], color=GREY, lw=0.8, ls=":")
    axes.annotate(
        "", (7.6, 0), (-1.2, 0), arrowprops={"arrowstyle": "->", "color": ORANGE, "lw": 1.6}
    )
    axes.plot([0, pixel[0]], [0, pixel[1]], color=BLUE, lw=1.4)
    axes.plot([pixel[0]] * 2, [0, pixel[1]], color=GREY, lw=0.8, ls="--")
    axes.plot(0, 0, "o", color="black", ms=6)
    axes.plot(*pixel, "s", color=BLUE, ms=5)
    axes.add_patch(Arc((0, 0), 3.2, 3.2, theta2=np.degrees(np.arctan2(*pixel[::-1])), color=BLUE))
    axes.add_patch(
        Arc((distance, 0), 3.6, 3.6, theta1=90 - np.degrees(alpha), theta2=90, color=GREEN)
    )
    words = (
        (-0.25, -0.45, "sample", "black"),
        (1.72, 0.24, r"$2\theta$", BLUE),
        (2.4, 1.35, r"$l$", BLUE),
        (2.4, -0.42, r"$d$", ORANGE),
        (5.04, -0.42, "beam centre", "black"),
        (5.6, 0.85, r"$r$", "0.2"),
        (5.1, 1.38, r"$\alpha$", GREEN),
        (pixel[0] + 0.15, pixel[1] - 0.1, "pixel", BLUE),
        (6.05, 1.1, r"$r\,\cos\alpha$", GREY),
        (6.75, -0.42, "direct beam", ORANGE),
        (6.2, 2.85, "detector", "0.3"),
    )
    for x, y, word, color in words:
        axes.text(x, y, word, color=color)
    axes.annotate(
        "", (distance, -0.72), (pixel[0], -0.72), arrowprops={"arrowstyle": "<->", "color": GREY}
    )
    axes.text(5.02, -1.08, r"$r\,\sin\alpha$", color=GREY)
    axes.set_xlim(-1.3, 8.0)
    axes.set_ylim(-1.2, 3.2)
    axes.set_aspect("equal")
    axes.axis("off")


def coordinates(drawing: Figure) -> None:
    """Show from where rows, columns, the beam centre, the azimuth and slices are counted."""
    axes = drawing.subplots()
    width, height, beam = 9.8, 10.4, (4.2, 2.4)
    axes.add_patch(Rectangle((0, 0), width, height, fc="0.96", ec="0.3", lw=1.2))
    axes.add_patch(Rectangle((0, 7.0), width, 0.5, fc=GREEN, alpha=0.3, lw=0))
    axes.add_patch(Rectangle((7.4, 0), 0.5, height, fc=BLUE, alpha=0.25, lw=0))
    axes.add_patch(Circle(beam, 2.0, fill=False, ec=GREY, lw=0.8, ls=":"))
    axes.plot(*beam, "+", color=ORANGE, ms=12, mew=2)
    arrow = {"arrowstyle": "<->", "lw": 1.2, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", beam, (beam[0], height), arrowprops={**arrow, "color": ORANGE})
    axes.text(beam[0] - 0.15, 5.0, "BeamCenter[0]", color=ORANGE, ha="right", va="center")
    axes.annotate("", beam, (0, beam[1]), arrowprops={**arrow, "color": ORANGE})
    axes.text(beam[0] / 2, beam[1] - 0.2, "BeamCenter[1]", color=ORANGE, ha="center")
    point = np.array(beam) + 2.0 * np.array([np.cos(0.8), np.sin(0.8)])
    axes.plot([beam[0], point[0]], [beam[1], point[1]], color=GREY, lw=1)
    axes.plot([beam[0], beam[0] + 2.2], [beam[1]] * 2, color=GREY, lw=0.8, ls="--")
    axes.add_patch(Arc(beam, 2.2, 2.2, theta2=np.degrees(0.8), color=GREY))
    axes.text(beam[0] + 1.2, beam[1] + 0.75, r"$\psi$", color=GREY)
    axes.annotate("", (3.2, -0.35), (0, -0.35), arrowprops={"arrowstyle": "->", "color": "0.2"})
    axes.text(3.3, -0.25, "column", va="center")
    axes.annotate("", (-0.35, 3.2), (-0.35, 0), arrowprops={"arrowstyle": "->", "color": "0.2"})
    axes.text(-0.45, 3.4, "row", ha="center", va="top")
    axes.text(0.1, 6.8, "slice, Direction x", color=GREEN)
    axes.annotate("", (1.2, 7.25), (1.2, height), arrowprops={**arrow, "color": GREEN})
    axes.text(1.35, 8.9, "CutPosition", color=GREEN)
    axes.text(8.05, 4.2, "slice, Direction y", color=BLUE, rotation=270, va="center")
    axes.annotate("", (7.65, 10.0), (0, 10.0), arrowprops={**arrow, "color": BLUE})
    axes.text(5.0, 9.8, "CutPosition", color=BLUE)
    axes.set_xlim(-1.1, width + 0.2)
    axes.set_ylim(height + 0.3, -0.9)
    axes.set_aspect("equal")
    axes.axis("off")


def errors(drawing: Figure) -> None:
    """Compare the error models with the scatter over many frames; show how bins are correlated."""
    left, right = drawing.subplots(1, 2)
    generator = np.random.default_rng(1)
    row, column = np.mgrid[:SIDE, :SIDE] + 0.5 - SIDE / 2
    mean = 400.0 * np.exp(-np.hypot(row, column) / 45.0) + 3.0
    frames = [generator.poisson(mean).astype(np.int32) for _ in range(N_FRAMES)]
    truth, q = _scatter(frames, 3)
    shown = slice(3, 120)
    for model, color in (("poisson", ORANGE), ("propagated", BLUE), ("azimuthal", GREEN)):
        made = integrator(SIDE, SIDE, oversampling=3, ErrorModel=model)
        sigma = np.sqrt(np.mean([made.integrate(f)[0].sigma ** 2 for f in frames[:40]], axis=0))
        left.plot(q[shown], (sigma / truth.std(axis=0))[shown], color=color, lw=1, label=model)
    left.axhline(1, color="0.6", lw=0.8, zorder=0)
    left.set_ylim(0.85, 1.45)
    left.set_xlabel("q / nm⁻¹")
    left.set_ylabel("sigma / scatter over 600 frames")
    left.legend(frameon=False, fontsize=8, ncols=3, loc="upper right")
    for side, color in ((1, GREY), (2, GREEN), (3, BLUE), (8, ORANGE)):
        _draw_correlation(right, _scatter(frames, side)[0], side, color)
    right.set_xlabel("distance between bins")
    right.set_ylabel("correlation")
    right.set_xticks(range(4))
    right.legend(frameon=False, fontsize=8, title="Oversampling", title_fontsize=8)


def _scatter(frames: list[NDArray[np.int32]], side: int) -> tuple[NDArray[Any], NDArray[Any]]:
    made = integrator(SIDE, SIDE, oversampling=side)
    curves = [made.integrate(frame)[0] for frame in frames]
    return np.array([curve.intensity for curve in curves]), curves[0].q


def _draw_correlation(axes: Axes, table: NDArray[Any], side: int, color: str) -> None:
    values = table[:, 10:110]
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    n = values.shape[1]
    correlation = [float((values[:, : n - k] * values[:, k:]).mean()) for k in range(4)]
    axes.plot(range(4), correlation, "o-", color=color, ms=4, lw=1, label=str(side))


def polarization(drawing: Figure) -> None:
    """Draw the factor of a horizontally polarized beam over scattering angles up to 30 degrees."""
    from saxsdog.reduction.corrections import Polarization, polarization_factor
    from saxsdog.reduction.geometry import Geometry

    side, reach = 81, 30.0
    geometry = Geometry((side, side), (side / 2, side / 2), 1.0, (1e-3, 1e-3), 0.1)
    pixel = 2 * np.tan(np.radians(reach)) / side
    geometry = Geometry((side, side), (side / 2, side / 2), 1.0, (pixel, pixel), 0.1)
    ends = (-np.tan(np.radians(reach)), np.tan(np.radians(reach)))
    for axes, (fraction, angle) in zip(
        drawing.subplots(1, 3, sharey=True), ((1.0, 0), (0.95, 0), (0.95, 90)), strict=True
    ):
        factor = polarization_factor(geometry, Polarization(fraction, np.radians(angle)))
        x = np.linspace(*ends, side)
        lines = axes.contour(x, x, factor, levels=np.arange(0.75, 1.0, 0.05), colors=BLUE)
        axes.clabel(lines, fontsize=7)
        axes.set_title(f"Fraction {fraction:g}, Angle {angle}°", fontsize=9)
        axes.set_aspect("equal")
        axes.set_xlabel("x / d")
    drawing.axes[0].set_ylabel("height / d")


def wrong_centre(drawing: Figure) -> None:
    """Integrate a frame with the right beam centre, and with one counted from the top."""
    experiment = Experiment.create(n_frames=20, reaction_frames=20)
    rows = experiment.detector.shape[0]
    right = calibration_document(experiment, title="", mask_file="")
    del right["Masks"][0]["MaskFile"]  # type: ignore[index]
    row, column = experiment.geometry.beam_center
    geometry = right["Geometry"] | {"BeamCenter": [row, column]}  # type: ignore[operator]
    axes = drawing.subplots()
    frame = experiment.frame(19)
    frame[experiment.mask] = -1
    for document_, color, name in (
        (right, BLUE, f"BeamCenter [{rows - row:.2f}, {column:.2f}]"),
        (right | {"Geometry": geometry}, ORANGE, f"BeamCenter [{row:.2f}, {column:.2f}]"),
    ):
        curve = Integrator(Calibration.from_document(document_)).integrate(frame)[0]
        axes.semilogy(curve.q, curve.intensity, color=color, lw=1.2, label=name)
    axes.set_xlabel("q / nm⁻¹")
    axes.set_ylabel("counts/pixel")
    axes.legend(frameon=False, fontsize=8)


if __name__ == "__main__":
    main()
