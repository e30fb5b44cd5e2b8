"""Neuroloom's engine: neural networks in NumPy, written to be read. It knows no Qt, no window and no thread."""

__version__ = "0.1.0"
