"""What the output panel says of itself: tooltips of its controls, and F1's explanations, for classes and for numbers."""

from __future__ import annotations

STEP = 0.25  # between two heights of a surface that is painted in steps
NOT_PLANAR = "The boundary is drawn for points in the plane."
ABOUT_PICTURE = {
    "output": "The Output: what the network answers at every point of the plane, not only at the samples.",
    "classes": "The Output: which class the network answers at every point of the plane, not only at the samples.",
    "values": "The Output: the number that the network answers at every point of the plane, not only at the samples.",
    "neuron": "What this one neuron answers at every point of the plane.",
}
ABOUT_COLORS = {
    "output": "Blue is class 1 and orange class 0, paler the less sure the network is; where the two meet it says 50 %.",
    "classes": "Each class has a color of its own, paler the less sure the network is of it.",
    "values": "Blue is above zero and orange below, paler the nearer to zero; −1 and 1 have the full colors.",
    "neuron": "Blue is above zero and orange below, paler the nearer to zero; the ends of the bar are the values of the "
    "full colors.",
}
ABOUT_SAMPLES = (
    "The points are the samples in the colors of their true classes: filled ones train the network, hollow ones only "
    "test it. At a pause, those it gets wrong have a ring, unless they are too many. Point somewhere to read the answer there."
)
ABOUT_VALUES = (
    "The points are the samples in the colors of their true numbers: filled ones train the network, hollow ones only test it. "
    "Where a point stands out from what is under it, the network is far off. Point somewhere to read the answer there."
)
ABOUT_VALUES_READOUT = (
    "With the pointer on the picture: the place, and the number that the network answers there. Without, at a pause: how far "
    "it is off, on average over the train and over the test samples."
)
KEY_TIP = {
    False: "Which color stands for which answer. Paler means less sure.",
    True: "Which color stands for which number, of the surface and of the points.",
}
RINGED = "At a pause, those the network gets wrong have a ring."
FAR_OFF = "Those that stand out from the surface are far off."
DISCRETIZE = {
    False: ("Discretize", "Paint only the class the network decides for. "
            "The shading, which is how sure it is, goes away."),
    True: ("Steps", f"Paint the surface in steps of {STEP:g}, like the heights of a map. "
           "The exact number is still read under the pointer."),
}  # fmt: skip
ABOUT_READOUT = (
    "With the pointer on the picture: the place, and how likely each class is there by the network. Without, at a pause: "
    "how many samples the network gets wrong. They wear a ring while they are few."
)
NOTHING_YET = "What the network answers at every point of the plane will be painted here."
