"""The tables that `replab judge` shows of each metric: what the runs measured; whether differences can be luck."""

from __future__ import annotations

import pandas as pd

from replab.report.markdown_text import code, escaped, points_words, shown, shown_interval, shown_span, table

P_DIGITS = 3


def summary_table(summary: pd.DataFrame, metric: str) -> str:
    """A row for each variant, from `baseline_comparisons.summary`: n, mean and its interval, median, range."""
    rows = []
    for row in summary[summary["metric"] == metric].to_dict("records"):
        unit = str(row["unit"])
        lost = f" ({row['n_diverged']} diverged)" if row["n_diverged"] else ""
        interval = f"{shown(row['mean'], unit)} {shown_interval(row['ci_low'], row['ci_high'], unit)}".strip()
        ends = shown_span(row["least"], row["greatest"], unit) if row["n"] else ""
        rows.append([code(row["variant"]), f"{row['n']}{lost}", interval, shown(row["median"], unit), ends])
    unit = str(summary.loc[summary["metric"] == metric, "unit"].iloc[0])
    words = f"mean [95 % interval]{f' ({unit})' if unit else ''}"
    return table(["variant", "n", words, "median", "least to greatest"], rows, right=" rrrr")


def luck_table(against: pd.DataFrame, metric: str) -> str:
    """A row for each comparison with the baseline, from `baseline_comparisons.against`; "" without one."""
    rows = []
    for row in against[against["metric"] == metric].to_dict("records"):
        unit = str(row["unit"])
        interval = f"{shown(row['difference'], unit, signed=True)} {shown_interval(row['low'], row['high'], unit)}"
        p = [p_shown(row["p_value"]), p_shown(row["p_holm"])]
        pair = f"± {shown(row['two_runs'], unit)}" if row["two_runs"] == row["two_runs"] else ""
        n = f"{row['n']} and {row['n_baseline']}" if "n_baseline" in row else str(row["n"])
        rows.append([code(row["variant"]), n, interval.strip(), *p, shown(row["detectable"], unit), pair,
                     escaped(row["luck"])])  # fmt: skip
    if not rows:
        return ""
    unit = str(against.loc[against["metric"] == metric, "unit"].iloc[0])
    counted = "runs" if "n_baseline" in against else "pairs"
    header = ["variant", counted, f"difference [95 % interval]{points_words(unit)}", "p", "p (Holm)"]
    header += ["smallest detectable", "two runs of one setting", "was it luck?"]
    return table(header, rows, right=" rrrrrr")


def p_shown(p: float) -> str:
    """Three decimals, or that it is less; nothing where nothing was tested."""
    if p != p:
        return ""
    return f"{p:.{P_DIGITS}f}" if p >= 0.001 else "< 0.001"
