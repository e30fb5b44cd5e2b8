"""What the curves say about themselves: names, tooltips, F1, and the hint while there is nothing to draw."""

from __future__ import annotations

ABOUT = {
    "loss": "The loss says how far the network's answers are from the right ones, on average over the samples: 0 is perfect, "
    "and training makes it small.",
    "accuracy": "The accuracy is the share of samples that the network gets right.",
    "R²": "R² says how much of the spread of the numbers the network explains: 1 is perfect, 0 is no better than their mean "
    "for an answer, and below 0 is worse than that.",
}
SCORES = {
    False: ("Accuracy", "Show the share of samples that are classified right. It moves in steps, later than the loss."),
    True: (
        "R²",
        "Show how much of the spread of the numbers is explained. 1 is perfect, 0 is no better than their mean.",
    ),
}
ABOUT_LINES = (
    "It is drawn over the epochs, one point an epoch. The solid line is measured on the training samples, the dashed one on "
    "test samples that training never sees: where the two part, the network learns its samples by heart. "
    "A dotted line is measured on validation samples, and a flag stands at the best epoch, where early stopping is asked "
    "for them. The shaded gap begins where unseen samples did best: from there on the network learns what only its own samples "
    "have. Point at the curves to read single epochs."
)
ABOUT_LEGEND = (
    "Which line is which: train solid, test dashed, validation dotted. The numbers are those of now, the same as on top of the "
    "window; with the pointer on the curves they are those of the epoch under it, in all their figures."
)
HINT = "Press play: the curves are drawn here, epoch by epoch."
