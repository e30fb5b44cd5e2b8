"""What the keys and the bar do to the page on screen: drive its run, open its panels, pin its numbers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from gui import experiments
from gui.laboratory import Laboratory
from gui.pages.base import Driver, Page


class Commands(QObject):
    """``page()`` answers which page is on screen. A page with a run of its own drives that, any other the laboratory's."""

    def __init__(self, page: Callable[[], Page], lab: Laboratory, parent: QObject) -> None:
        super().__init__(parent)
        self._page, self._lab = page, lab

    @property
    def driver(self) -> Driver:
        """The run on screen: the page's own, else the laboratory's."""
        return self._page().driver or self._lab

    # --- its run --------------------------------------------------------------------------------------------------

    @Slot()
    def toggle(self) -> None:
        self.driver.toggle()

    @Slot()
    def step(self) -> None:
        self.driver.step()

    @Slot()
    def step_back(self) -> None:
        self.driver.step_back()

    @Slot()
    def reset(self) -> None:
        self.driver.reset()

    @Slot()
    def dice(self) -> None:
        self.driver.dice()

    @Slot()
    def run_100(self) -> None:
        self.driver.run_epochs(100)

    @Slot(int)
    def run_epochs(self, n: int) -> None:
        self.driver.run_epochs(n)

    @Slot(str)
    def set_grain(self, grain: str) -> None:
        self.driver.grain = grain

    @Slot()
    def new(self) -> None:
        """The page's first experiment, or its own run anew."""
        if self._page().driver is not None:
            self._page().start_over()
        else:
            self._lab.start_over(experiments.first_of(self._lab.document.name), "New experiment")

    # --- its panels -----------------------------------------------------------------------------------------------

    @Slot()
    def toggle_inspector(self) -> None:
        self._page().toggle_dock("Inspector")

    @Slot()
    def toggle_code(self) -> None:
        self._page().toggle_dock("Code")

    @Slot()
    def toggle_weights(self) -> None:
        self._page().toggle_dock("Weights")

    @Slot()
    def toggle_doctor(self) -> None:
        self._page().toggle_doctor()

    @Slot()
    def pin(self) -> None:
        self._page().pin()

    @Slot()
    def pin_gradient(self) -> None:
        self._page().pin(gradient=True)

    @Slot()
    def reset_docks(self) -> None:
        self._page().reset_docks()

    @Slot(str, object, str)
    def propose(self, text: str, spec: object, key: str) -> None:
        """What the bar asks for."""
        self._page().propose(text, spec, key)
