"""Many requests are one drawing, and nobody draws what nobody sees."""

import pytest
from PyQt5.QtCore import QElapsedTimer
from PyQt5.QtWidgets import QStackedWidget, QWidget

from saxsleash.panels.redraw import REST_MS, Redraw


class Drawn(QWidget):
    """A widget that remembers what it drew, when."""

    def __init__(self):
        super().__init__()
        self.state = 0
        self.drawn = []
        self.times = []
        self.again = False
        self._clock = QElapsedTimer()
        self._clock.start()
        self.redraw = Redraw(self._draw, self)

    def change(self):
        self.state += 1
        self.redraw.request()

    def _draw(self):
        self.drawn.append(self.state)
        self.times.append(self._clock.elapsed())
        if self.again:
            self.again = False
            self.change()


@pytest.fixture
def widget(qtbot):
    drawn = Drawn()
    qtbot.addWidget(drawn)
    return drawn


def test_the_first_request_is_drawn_at_once(qtbot, widget):
    with qtbot.waitExposed(widget):
        widget.show()
    widget.change()
    assert widget.drawn == [1]


def test_many_requests_are_one_drawing_of_the_newest_state(qtbot, widget):
    with qtbot.waitExposed(widget):
        widget.show()
    for _ in range(1000):
        widget.change()
    qtbot.waitUntil(lambda: widget.state in widget.drawn)
    assert widget.drawn[-1] == 1000
    assert len(widget.drawn) < 100


def test_two_drawings_lie_at_least_a_rest_apart(qtbot, widget):
    with qtbot.waitExposed(widget):
        widget.show()

    def drawn_often_enough():
        widget.change()
        return len(widget.drawn) >= 4

    qtbot.waitUntil(drawn_often_enough)
    gaps = [later - sooner for sooner, later in zip(widget.times, widget.times[1:], strict=False)]
    assert min(gaps) >= REST_MS


def test_a_hidden_widget_catches_up_when_it_is_shown(qtbot, widget):
    widget.change()
    widget.change()
    assert widget.drawn == []
    widget.show()
    qtbot.waitUntil(lambda: widget.drawn == [2])


def test_a_page_behind_another_is_not_drawn(qtbot):
    pages = QStackedWidget()
    qtbot.addWidget(pages)
    front, back = QWidget(), Drawn()
    pages.addWidget(front)
    pages.addWidget(back)
    with qtbot.waitExposed(pages):
        pages.show()
    back.change()
    assert back.drawn == []
    pages.setCurrentWidget(back)
    qtbot.waitUntil(lambda: back.drawn == [1])


def test_a_widget_shown_again_without_news_is_not_drawn_again(qtbot, widget):
    widget.change()
    widget.show()
    qtbot.waitUntil(lambda: widget.drawn == [1])
    widget.hide()
    with qtbot.waitExposed(widget):
        widget.show()
    assert widget.drawn == [1]


def test_a_drawing_that_asks_for_another_gets_it_later(qtbot, widget):
    with qtbot.waitExposed(widget):
        widget.show()
    widget.again = True
    widget.change()
    assert widget.drawn == [1]
    qtbot.waitUntil(lambda: widget.drawn == [1, 2])
