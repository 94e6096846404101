"""What comes from the server while it works: statistics, curves and history, to their models."""

import math
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QObject

from saxsdog.errors import SaxsdogError
from saxsdog.protocol.arrays import Table, arrays_of
from saxsdog.protocol.messages import NewestCurves, Statistics
from saxsdog.reduction.intensity import unit_of
from saxsleash.appearance import Tone
from saxsleash.background import Background
from saxsleash.controllers.refusals import Refusals
from saxsleash.link import Link
from saxsleash.main_window import MainWindow
from saxsleash.models.curves_model import CurvesModel, ShownCurve
from saxsleash.models.history_model import HistoryModel
from saxsleash.models.presentation import in_inverse_nm
from saxsleash.panels.history_panel import HistoryPanel
from saxsleash.panels.notice_bar import Notice
from saxsleash.panels.picked_curve_panel import PickedCurvePanel
from saxsleash.panels.plot_panel import PlotPanel

RESULTS = "results"
"""Subject of notices."""


class Results(QObject):
    """Hands on what the link hears, and fetches the curve that the user picks."""

    def __init__(
        self,
        window: MainWindow,
        curves: CurvesModel,
        history: HistoryModel,
        history_panel: HistoryPanel,
        plot_panel: PlotPanel,
        picked_panel: PickedCurvePanel,
        link: Link,
        refusals: Refusals,
        background: Background,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._curves = curves
        self._history = history
        self._history_panel = history_panel
        self._background = background
        self._link = link
        self._refusals = refusals
        self._picked: int | None = None
        self._queue = ""
        link.status.connect(self._on_status)
        link.history.connect(self._on_history)
        link.curves.connect(self._on_curves)
        history_panel.curve_wanted.connect(self._on_curve_wanted)
        history_panel.newest_wanted.connect(curves.unpin)
        history_panel.export_wanted.connect(self._on_export_wanted)
        curves.changed.connect(self._on_curves_changed)
        plot_panel.told.connect(lambda text: self._tell(text, Tone.GOOD))
        picked_panel.plot_wanted.connect(lambda: window.tabs.setCurrentWidget(window.plot_tab))

    def forget(self) -> None:
        """Begin anew, with another server."""
        self._queue = ""
        self._history.clear()
        self._curves.clear()

    def _on_status(self, statistics: Statistics) -> None:
        self._history.set_server_time(statistics.time)
        self._history.set_counts(statistics.counters.known, statistics.counters.integrated)

    def _on_history(self, table: Table) -> None:
        if table.queue != self._queue:
            if self._queue:
                self._curves.clear()
            self._queue = table.queue
        self._history.extend(table.queue, table.files, table.numbers, table.time_sources)
        self._hand_on_unit()

    def _on_curves(self, reply: NewestCurves) -> None:
        self._curves.show(shown_curves(reply))

    def _on_curve_wanted(self, cursor: int) -> None:
        self._picked = cursor
        self._link.ask(
            lambda client: client.plot(cursor),
            partial(self._on_picked, cursor),
            self._on_not_there,
        )

    def _on_picked(self, cursor: int, reply: NewestCurves) -> None:
        if cursor == self._picked:  # else the user has clicked elsewhere meanwhile
            self._window.notices.withdraw(RESULTS)
            self._curves.pin(shown_curves(reply))
            self._history_panel.pick(cursor)  # a newer curve may have taken the ring away

    def _on_not_there(self, error: SaxsdogError) -> None:
        self._refusals.tell(Notice(RESULTS, str(error), Tone.DOUBTFUL))

    def _hand_on_unit(self) -> None:
        """Whichever comes first of a queue, its rows or a curve, they have the same unit."""
        if self._curves.curves:
            self._history.set_intensity_unit(self._curves.curves[0].unit)

    def _on_curves_changed(self) -> None:
        self._hand_on_unit()
        if not self._curves.is_pinned and self._history_panel.picked is not None:
            self._history_panel.pick(None)

    def _on_export_wanted(self, path: str) -> None:
        table = self._history_panel.table()
        self._background.run(
            lambda: table.write_csv(Path(path)),
            lambda _: self._tell(f"Exported to {path}.", Tone.GOOD),
            lambda error: self._tell(f"Not exported to {path}: {error.strerror}.", Tone.BAD),
        )

    def _tell(self, text: str, tone: Tone) -> None:
        self._window.notices.show_notice(Notice(RESULTS, text, tone))


def shown_curves(reply: NewestCurves) -> list[ShownCurve]:
    """Return the curves of a reply, one for each channel."""
    arrays = arrays_of(reply)
    curves = []
    for graph in reply.graphs:
        q, intensity, sigma = (arrays[graph.channel][name] for name in graph.columns)
        label, q = in_inverse_nm(graph.columns[0], q)
        curves.append(
            ShownCurve(
                channel=graph.channel,
                kind=graph.kind,
                label=label,
                image=reply.image or "",
                time=reply.time,
                q=q,
                intensity=intensity,
                sigma=sigma,
                parameters={
                    name: math.nan if value is None else value
                    for name, value in graph.parameters.items()
                },
                file=graph.file,
                unit=unit_of(graph.columns[1]),
            )
        )
    return curves
