"""What the words of a metric's name say: whether it is a share, whether it can be negative, and what is better.

Words are in lower case; those of `val_acc@400` are val and acc. A word of COSTS counts before one of SHARES: the
`dice_loss` is a loss, the `top1_error` an error.
"""

from __future__ import annotations

SHARES = {
    "acc", "accuracy", "f1", "auc", "auroc", "precision", "recall", "top1", "top5", "em", "exact", "iou", "miou",
    "dice", "map", "bleu", "chrf", "rouge", "share",
}  # fmt: skip
"""In percent."""
FRACTIONS = {"fraction", "probability"}
"""Of 1."""
COSTS = {
    "loss", "losses", "error", "err", "entropy", "nll", "perplexity", "ppl", "mse", "rmse", "mae", "wer", "cer", "fid",
    "ece", "brier", "bpc", "bpd", "mape", "nmse",
    "seconds", "runtime",
}  # fmt: skip
"""Never negative, and less is better."""
SIZES = {"norm", "weight", "distance", "speedup", "bytes"}
"""Never negative; the name does not say what is better."""
GAINS = {"reward", "return", "r2", "psnr", "ssim", "meteor", "cider", "mcc", "kappa", "ndcg", "mrr"}
"""More is better; they can be negative."""
ABOVE_ONE = {"perplexity", "ppl"}
CHANGES = {
    "difference", "diff", "delta", "gap", "change", "gain", "bias", "gradient", "drop", "decrease", "reduction",
    "increase", "improvement", "forgetting", "neg",
}  # fmt: skip
"""Of either sign, whatever they are of: an `accuracy_drop` is no accuracy, and `neg_log_loss` is no loss."""
PLACES = {"corner", "centre", "edge"}
"""A weight at one place has a sign."""
ANY_SHARE = {"share"} | FRACTIONS
"""A share of anything, of which the name does not say what is better."""
MEASURED = (SHARES - {"share"}) | (COSTS - {"entropy"}) | GAINS | {"score"}
"""What names the columns of a table that are metrics; an entropy is a setting there as well (its coefficient)."""


def without_step(metric: str) -> str:
    """The metric whose curve a metric is a point of; itself where it is no point."""
    return metric.partition("@")[0]


def words_of(metric: str) -> set[str]:
    """The words of a metric's name, without its step."""
    return set(without_step(metric).lower().split("_"))


def is_signed(metric: str) -> bool:
    """Whether it can have either sign: a difference, a gradient, a single weight."""
    words = words_of(metric)
    return bool(words & CHANGES) or ("weight" in words and bool(words & PLACES))


def is_share(metric: str) -> bool:
    """Whether it is a share that claims and tables have in percent."""
    words = words_of(metric)
    return bool(words & SHARES) and not words & COSTS and not is_signed(metric)


def is_fraction(metric: str) -> bool:
    """Whether it is a fraction of 1."""
    words = words_of(metric)
    return bool(words & FRACTIONS) and not words & (COSTS | SHARES) and not is_signed(metric)


def is_never_negative(metric: str) -> bool:
    """Whether it is a cost or a size, and no share."""
    words = words_of(metric)
    size = bool(words & SIZES) and not words & (SHARES | FRACTIONS)
    return (bool(words & COSTS) or size) and not is_signed(metric)


def direction(metric: str) -> int:
    """1 where more of it is better, -1 where less is, 0 where the name does not say."""
    words = words_of(metric)
    if is_signed(metric):
        return 0
    return -1 if words & COSTS else 1 if words & ((SHARES | GAINS) - ANY_SHARE) else 0
