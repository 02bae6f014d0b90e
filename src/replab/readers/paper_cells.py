"""A cell of a paper's table: its text without markup, its number as printed, its spread, and whether it is bold.

Markup of LaTeX, markdown and HTML is understood in every table, for cells of one are often pasted into another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NUMBER = r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
SPREAD = rf"(?:[_^]?\s*(?:±|\+/-|\+-)|_(?=\s*\d*\.\d))\s*({NUMBER})"  # without ±: a subscript with a decimal point
ONE = re.compile(rf"({NUMBER})\s*(%?)(?:\s*{SPREAD}\s*(%?))?", re.ASCII)
SUBSCRIPT = re.compile(r"\\textsubscript\b|<sub>")
BOLD = re.compile(r"\*\*|(?<!\w)__(?=\S)|\\(?:textbf|mathbf|bf|bfseries|boldsymbol|bm|boldmath)\b|<b>|<strong>")
POWER = re.compile(r"\s*(?:\\times|\\cdot|×|·)\s*10\s*\^\s*\{?\s*([-−+]?\d+)\s*\}?")
RAISED_TEN = re.compile(r"(?<![\d.])10\s*(?:<sup>|\\textsuperscript\{)\s*([-−]?\d+)")
ABOUT = re.compile(r"^\s*~(?=\s*\d)")  # in LaTeX a space, but not where a cell begins with it
WITHOUT_TEXT = re.compile(
    r"\\(?:cite[a-z]*|footnote(?:mark|text)?(?![a-z])|tnote|ref|label|cellcolor|rowcolor|color|[hv]?phantom|[hv]space|textsuperscript)"
    r"\*?(?:\[[^]]*\])*(?:\{[^{}]*\})?|\\textcolor\{[^{}]*\}|<sup>.*?</sup>|\[\^[^]]+\]|(?<=\d)\[\w\]|</?[a-zA-Z]+\s*/?>"
)
MARK = r"(?:\\(?:dagger|ddagger|dag|ddag|ast|star)\b|[*†‡§¶#]|(?<![A-Za-z])[a-h](?![A-Za-z]))"
RAISED = re.compile(rf"\^\s*(?:\{{\s*(?:{MARK}|[,\s])+\}}|{MARK})")
SYMBOLS = {
    r"\pm": "±",
    r"\textpm": "±",
    r"\times": "×",
    r"\cdot": "·",
    r"\%": "%",
    r"\&": "&",
    r"\_": "_",
    r"\#": "#",
    r"\$": "$",
    "−": "-",
}
LAYOUT = {
    "textbf", "mathbf", "bf", "bfseries", "boldsymbol", "bm", "boldmath", "underline", "uline", "textit", "emph", "it",
    "itshape", "textrm", "mathrm", "text", "textsc", "texttt", "textsf", "tiny", "scriptsize", "footnotesize", "small",
    "normalsize", "makecell", "num", "mathit", "mathcal", "uparrow", "downarrow", "quad", "qquad", "dagger", "ddagger",
    "dag", "ddag", "ensuremath", "shortstack", "centering", "textnormal", "mbox", "best", "thead", "left", "right",
}  # fmt: skip
MARKS_AT_END = re.compile(r"[\s*†‡§¶#\u00b9\u00b2\u00b3\u2070-\u2079ᵃᵇᶜ]+$")
MACRO = re.compile(r"\\([A-Za-z]+)\s*\{")
TICKS = {"✓", "✔", "✅", "√", "checkmark", "cmark", "ding 51", "ding 52", "yes"}
CROSSES = {"✗", "✘", "❌", "×", "xmark", "ding 55", "ding 56", "no"}
NOTHING = {"", "-", "--", "---", "–", "—", "n/a", "na", "nan", "none", "?", "x", "oom", "…", "..."}


@dataclass(frozen=True)
class Cell:
    """`number` is "" where the cell has none, and `reason` says why; `spread` is what stands behind ±."""

    text: str
    number: str = ""
    spread: str = ""
    percent: bool = False
    bold: bool = False
    reason: str = ""


def plain(raw: str) -> str:
    """The text of a cell without markup: `\\textbf{97.8}$^{\\dagger}$` is 97.8."""
    text = RAISED_TEN.sub(r"10^\1", ABOUT.sub("≈", SUBSCRIPT.sub("_", raw.replace("\\\\", " "))))
    text = RAISED.sub("", WITHOUT_TEXT.sub("", POWER.sub(r"e\1", text)))
    for symbol, shown in SYMBOLS.items():
        text = re.sub(re.escape(symbol) + (r"(?![A-Za-z])" if symbol[-1].isalpha() else ""), shown, text)
    text = re.sub(r"\\([A-Za-z]+)\*?", lambda found: " " if found[1] in LAYOUT else f" {found[1]} ", text)
    text = re.sub(r"\\[,;:!/ ]", " ", text).replace("{,}", ",")
    text = re.sub(r"(?<!\\)\$|\\[()]|[{}`]|\*\*|(?<!\w)__|__(?!\w)|[↑↓]", "", text)
    text = text.replace("~", " ").replace("\xa0", " ")
    return " ".join(re.sub(r"\\(.)", r"\1", text).split())


def cell_of(raw: str) -> Cell:
    """The cell; one without a plain number has the reason."""
    shown = plain(raw)
    text = MARKS_AT_END.sub("", shown)
    bold = bool(BOLD.search(raw))
    match = ONE.fullmatch(text)
    if match and not _is_power(shown):
        number, spread = match[1], match[3] or ""
        return Cell(shown, number, spread, bool(match[2] or match[4]), bold)
    return Cell(shown, bold=bold, reason=_reason(text, shown) + _of_a_macro(raw, shown))


def _of_a_macro(raw: str, shown: str) -> str:
    """What to do about a macro of the paper's that stands before digits, such as \\std in `92.1\\std{0.3}`."""
    names = [match[1] for match in MACRO.finditer(WITHOUT_TEXT.sub("", raw)) if match[1] not in LAYOUT]
    if not names or not re.search(r"\d", shown):
        return ""
    return f" (if \\{names[0]} is a macro of the paper, copy its \\newcommand into the file)"


def _is_power(shown: str) -> bool:
    """10² and the like: whether the small digit is a power or a footnote cannot be told."""
    return bool(re.match(r"10[\u00b9\u00b2\u00b3\u2070-\u2079]", shown))


def _reason(text: str, shown: str) -> str:
    if text.lower() in NOTHING:
        return "it has no number"
    if _is_power(shown) or re.search(r"\d\^", text):
        return f"'{shown}': a power or a footnote? Write 1e-3 for powers"
    if re.search(r"\d,\d", text):
        return f"'{shown}' has a comma: decimal or thousands? Write 0.95 and 1234"
    if re.fullmatch(rf"\+{NUMBER}\s*%?", text):
        return f"'{shown}' is a difference: write a number part with minus: VARIANT"
    if re.fullmatch(rf"{NUMBER}\s*%?\s*\({NUMBER}\s*%?\)", text):
        return f"'{shown}': a spread in brackets, or a second number? Write it as mean ± spread"
    if len(re.findall(r"\d+\.?\d*", text)) > 1:
        return f"'{shown}' has more than one number"
    return f"'{shown}' is no number"
