"""Step 3 of judging: Holm's correction of the p values of each family.

A family is what a report's file declares: its printed numbers, its rankings, its bounds, its "the same", and all of
our hypotheses together. The number of tests is the one that is declared, whichever are judged at a time, so that a
study can be judged by itself: Holm's steps are taken within a study, each time from the size of the whole family. That
is at least as strict as his steps through the whole family. A test without a p counts as one that found nothing, and a
test that several statements rest on counts once. A reading that is not the primary one can become no verdict on a
statement: its p is multiplied by the size of the family.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from replab.judging.statistics import holm


def with_corrected_p(parts: pd.DataFrame) -> pd.DataFrame:
    """The parts with `p_holm`; columns needed: family, family_size, test, primary, counted and p_value."""
    corrected = (parts["p_value"] * parts["family_size"]).clip(upper=1.0).where(parts["family"] != "", np.nan)
    for _, rows in parts[parts["counted"] & (parts["family"] != "")].groupby("family"):
        tests = rows.drop_duplicates("test").set_index("test")
        p = holm(tests["p_value"].to_numpy(dtype=float), family=int(rows["family_size"].iloc[0]))
        each = rows["test"].map(dict(zip(tests.index, p, strict=True)))
        corrected = corrected.mask(corrected.index.isin(rows.index), each)
    return parts.assign(p_holm=corrected.astype(float))
