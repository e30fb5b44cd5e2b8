"""The training doctor: rules that look at a run and say in a sentence what ails it, one file each.

A rule is silent unless it is sure: a false alarm costs more trust than a missed ailment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from engine.doctor.checkup import Checkup
from engine.doctor.evidence import Evidence
from engine.registry import Entry, Registry
from engine.spec import ExperimentSpec

WARNING, NOTE = "warning", "note"


@dataclass(frozen=True, slots=True)
class Where:
    """What a finding is about: ``neurons`` of a layer, a whole ``layer`` (0 the inputs), or the ``setting`` at a path."""

    layer: int = -1
    neurons: tuple[int, ...] = ()
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Remedy:
    """One undoable change: ``changes`` are (path, value), as in ``("optimizer.learning_rate", 0.01)``.

    It is applied to whatever the experiment is by then, so that no later change of a person's is lost. ``text`` stands on
    a button. ``fresh`` is true when it starts the training anew.
    """

    text: str
    changes: tuple[tuple[str, Any], ...]
    fresh: bool = False

    def apply(self, spec: ExperimentSpec) -> ExperimentSpec:
        """``spec`` with the changes made."""
        for path, value in self.changes:
            group, name = path.split(".")
            spec = replace(spec, **{group: replace(getattr(spec, group), **{name: value})})
        return spec


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One ailment: where, in one ``sentence`` with figures; ``why`` in a few; a picture's data; what may help."""

    rule: str
    title: str
    where: Where
    sentence: str
    why: str
    evidence: Evidence
    remedies: tuple[Remedy, ...] = ()
    severity: str = WARNING

    @property
    def key(self) -> tuple[str, int, str]:
        """The same for the same ailment at the same place, however its figures and neurons change."""
        return self.rule, self.where.layer, self.where.setting


@dataclass(frozen=True)
class Rule(Entry):
    """Looks at a :class:`Checkup`. Class attribute ``order``: the graver, the smaller."""

    order: ClassVar[int] = 100

    def examine(self, checkup: Checkup) -> Iterable[Finding]:
        """What it finds; nothing while it can't be sure."""
        raise NotImplementedError

    def finding(
        self, where: Where, sentence: str, why: str, evidence: Evidence, *remedies: Remedy, severity: str = WARNING
    ) -> Finding:
        """A finding of this rule."""
        return Finding(self.name, self.label, where, sentence, why, evidence, remedies, severity)


RULES: Registry[Rule] = Registry("rule", __name__)


def examine(checkup: Checkup) -> tuple[Finding, ...]:
    """What all rules find, the gravest first."""
    return tuple(_all(checkup))


def _all(checkup: Checkup) -> Iterator[Finding]:
    with np.errstate(all="ignore"):
        for rule in RULES:
            yield from rule().examine(checkup)
