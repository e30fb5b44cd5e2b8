"""A derivation as text to paste: Markdown for notes, LaTeX for a paper. The same numbers as on the screen."""

from __future__ import annotations

import re

from gui.graphics.derivation import Derivation, Line, figure, line_text

_SIGNS = {
    "∂": r"\partial ", "Σ": r"\sum ", "δ": r"\delta ", "·": r"\cdot ", "×": r"\times ", "−": "-", "η": r"\eta ", "β": r"\beta ",
    "λ": r"\lambda ", "μ": r"\mu ", "ρ": r"\rho ", "ε": r"\varepsilon ", "σ": r"\sigma ", "Δ": r"\Delta ", "α": r"\alpha ",
    "Φ": r"\Phi ", "π": r"\pi ", "→": r"\to ", "≥": r"\ge ", "≤": r"\le ", "±": r"\pm ", "…": r"\dots ", "∞": r"\infty ",
    "½": r"\tfrac12 ", "′": "'", "ᶻ": "^{z}", "ᵗ": "^{t}",
}  # fmt: skip
_LOW = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_HIGH = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹ᶻ", "-0123456789z")
_ROOT = re.compile(r"√(\((?:[^()]|\([^()]*\))*\)|[\w.·⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}(?:[ ,:-]+[A-Za-z]{2,})* ?")
_FUNCTIONS = ("tanh", "ln", "max")


def markdown(derivation: Derivation, sample: str, all_digits: bool = False) -> str:
    """A heading, a table of the values, and a list of the lines."""
    parts = [f"### {derivation.heading}: {derivation.title}", "", f"Sample: {sample}", ""]
    if derivation.values:
        parts += ["| | |", "|---|---:|"]
        parts += [f"| {name} | {figure(value, all_digits)} |" for name, value, _ in derivation.values]
        parts.append("")
    parts += [f"- {_escaped(line_text(line, all_digits))}" for line in derivation.lines]
    return "\n".join(parts) + "\n"


def latex(derivation: Derivation, sample: str, all_digits: bool = False) -> str:
    """One ``align*`` with a line for each; the sentences stand in it as text."""
    rows = []
    for name, value, _ in derivation.values:
        rows.append(f"{math(name)} &= {math(figure(value, all_digits))}")
    for line in derivation.lines:
        rows.append(_row(line, all_digits))
    title = f"% {derivation.heading}: {derivation.title}\n% Sample: {sample}\n"
    return title + "\\begin{align*}\n" + " \\\\\n".join(f"  {row}" for row in rows) + "\n\\end{align*}\n"


def _row(line: Line, all_digits: bool) -> str:
    text = line_text(line, all_digits)
    if line.kind == "note":
        return r"&\text{" + text.replace("%", r"\%") + "}"
    left, equals, right = text.partition(" = ")
    return f"{math(left)} &= {math(right)}" if equals else f"&{math(text)}"


def math(text: str) -> str:
    r"""A formula of the screen in LaTeX's words: ``∂L/∂w`` is ``\frac{\partial L}{\partial w}``, ``√v`` is ``\sqrt{v}``."""
    text = re.sub(r"∂L/∂([a-z])", r"\\frac{\\partial L}{\\partial \1}", text)
    text = _ROOT.sub(lambda found: r"\sqrt{" + found[1].removeprefix("(").removesuffix(")") + "}", text)
    text = re.sub(r"e\^\(([^()]*)\)", r"e^{\1}", text)
    text = re.sub(r"[⁻⁰¹²³⁴⁵⁶⁷⁸⁹ᶻ]+", lambda found: "^{" + found[0].translate(_HIGH) + "}", text)
    text = re.sub(r"[₀₁₂₃₄₅₆₇₈₉]+", lambda found: "_{" + found[0].translate(_LOW) + "}", text)
    text = _WORD.sub(_worded, text)
    text = "".join(_SIGNS.get(letter, letter) for letter in text)
    return re.sub(r" {2,}", " ", text).strip()


def _worded(found: re.Match[str]) -> str:
    """Words of more than one letter stand upright."""
    word = found[0]
    if word in ("frac", "partial", "sqrt"):
        return word
    if word.strip() in _FUNCTIONS:
        return f"\\{word}"
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    return rf"\text{{{' ' * (before == ' ')}{word}{' ' * (after == ' ')}}}"  # outside of it, a space is none in LaTeX


def _escaped(text: str) -> str:
    return text.replace("*", r"\*").replace("_", r"\_")
