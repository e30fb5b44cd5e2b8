"""Round numbers for axes, and how a person writes them."""

from __future__ import annotations

import math

MINUS = "\N{MINUS SIGN}"
NOT_FINITE = "not finite"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def nice_step(span: float, at_most: int) -> float:
    """The smallest of 1, 2, 5 x 10^n that divides ``span`` into at most ``at_most`` parts."""
    if not (span > 0 and math.isfinite(span)):
        return 1.0
    raw = span / max(at_most, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    return next((m * power for m in (1, 2, 5) if m * power >= raw * (1 - 1e-9)), 10 * power)


def nice_ticks(low: float, high: float, at_most: int = 5) -> list[float]:
    """Multiples of a round step from ``low`` to ``high``, both included when they are multiples."""
    step = nice_step(high - low, at_most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, min(last, first + 1000) + 1)]


def log_ticks(low: float, high: float, at_most: int = 5) -> list[float]:
    """Positions in log10 units between exponents ``low`` and ``high``: decades, and 2 and 5 where there are few."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    if last - first >= 2:
        step = max(1, math.ceil((last - first) / max(at_most, 1)))
        return [float(e) for e in range(first, last + 1) if e % step == 0]
    ticks = [e + math.log10(m) for e in range(math.floor(low), last + 1) for m in (1, 2, 5)]
    ticks = [t for t in ticks if low - 1e-9 <= t <= high + 1e-9]
    if len(ticks) >= 2:
        return ticks
    return [math.log10(v) for v in nice_ticks(10**low, 10**high, at_most) if v > 0]


def decimals(step: float) -> int:
    """Places after the point that multiples of ``step`` need."""
    return max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0


def number(value: float, places: int) -> str:
    """``-1234.5`` as ``−1,234.50``; a zero never has a sign."""
    text = f"{value:,.{places}f}"
    if text.startswith("-"):
        text = text[1:] if not text.strip("-0.,") else MINUS + text[1:]
    return text


def tick_label(value: float, step: float) -> str:
    """A tick on a linear axis. Steps under 0.0001 and over a billion are written with a power of ten."""
    if value and (step < 1e-4 or abs(value) >= 1e9):
        return power(value)
    return number(value, decimals(step))


def power(value: float) -> str:
    """``2e-05`` as ``2·10⁻⁵``, and ``1e-05`` as ``10⁻⁵``."""
    digits, _, exponent = f"{value:.3g}".partition("e")
    if not exponent:
        digits, _, exponent = f"{value:.2e}".partition("e")
        digits = digits.rstrip("0").rstrip(".")
    return _scaled("" if digits == "1" else digits.replace("-", MINUS), exponent)


def _scaled(digits: str, exponent: str) -> str:
    """``4.00`` and ``-05`` as ``4.00·10⁻⁵``."""
    tail = "10" + str(int(exponent.replace(MINUS, "-"))).translate(_SUPERSCRIPTS)
    return f"{digits}·{tail}" if digits else tail


def loss(value: float) -> str:
    """A running loss: four decimals; three figures and a power of ten from 1000 up and below 0.0001.

    >>> [loss(v) for v in (0.04123, 123456.0, 2e-7, 0.0)]
    ['0.0412', '1.23·10⁵', '2.00·10⁻⁷', '0.0000']
    """
    if not math.isfinite(value):
        return NOT_FINITE
    if not value or 1e-4 <= abs(value) < 1000:
        return number(value, 4)
    digits, _, exponent = f"{value:.2e}".partition("e")
    return _scaled(digits.replace("-", MINUS), exponent)


def log_label(exponent: float) -> str:
    """A tick on a logarithmic axis: 0.01, 0.5, 1, 20, and powers of ten beyond 0.001 and 10,000."""
    value = 10.0**exponent
    if not 9.9e-4 <= value < 10_000:
        return power(float(f"{value:.3g}"))
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def rate(value: float, figures: int = 3) -> str:
    """A learning rate: ``0.0002``, ``0.03``, below 0.0001 with a power of ten.

    >>> [rate(v) for v in (0.03, 1e-5, 2.0e-5, 10.0)], rate(0.01234, 2)
    (['0.03', '10⁻⁵', '2·10⁻⁵', '10'], '0.012')
    """
    value = float(f"{value:.{figures}g}")
    return power(value) if 0 < value < 1e-4 else f"{value:g}"


def short(value: float) -> str:
    """A running number in four or five figures, whatever its size: 0.0412, 12.34, 3.1·10⁻⁶, nan."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else MINUS + "∞")
    size = abs(value)
    if size >= 1e5 or 0 < size < 5e-5:
        return power(float(f"{value:.2g}"))
    return number(value, 4 if size < 10 else 2 if size < 1000 else 0)


def percent(share: float) -> str:
    """A share 0..1 as ``98.4 %``. Only what is all of it is ``100.0 %``: one wrong in 20,000 is ``99.9 %``."""
    if not math.isfinite(share):
        return NOT_FINITE
    return f"{min(100 * share, 99.9) if share < 1 else 100 * share:.1f} %"


def counted(part: int, whole: int) -> str:
    """A share of things that were counted, as short as it can be said: ``10 %``, ``9.1 %``, ``0.04 %``.

    >>> [counted(*pair) for pair in ((28, 280), (9, 99), (3, 7129), (0, 5), (999, 1000), (0, 0))]
    ['10 %', '9.1 %', '0.04 %', '0 %', '99.9 %', '0 %']
    """
    share = 100 * part / whole if whole else 0.0
    digits = 2 if 0 < share < 0.1 else 1
    return f"{share:.{digits}f}".rstrip("0").rstrip(".") + " %"


def score(r2: float) -> str:
    """R² in three decimals. Only what is exactly right is ``1.000``, and far below zero figures give way to size.

    >>> [score(v) for v in (0.9416, 0.99996, 1.0, -0.25, -12.345)]
    ['0.942', '0.999', '1.000', '−0.250', '−12.3']
    """
    if not math.isfinite(r2):
        return NOT_FINITE
    if r2 <= -1000:
        return _scaled(*f"{r2:.1e}".replace("-", MINUS, 1).split("e"))
    return number(min(r2, 0.999) if r2 < 1 else r2, 3 if r2 > -10 else 1)


def exact(value: float) -> str:
    """A value as exactly as a person can use it: nine figures, more than float32 holds."""
    if not math.isfinite(value):
        return NOT_FINITE
    digits, _, exponent = f"{value:.9g}".replace("-", MINUS).partition("e")
    return _scaled(digits, exponent) if exponent else digits
