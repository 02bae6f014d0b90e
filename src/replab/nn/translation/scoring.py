"""How good translations are: BLEU, chrF and exact matches of whole texts, and a few sentences to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from replab.data.subwords import Encoder, Pieces
from replab.nn.translation.pairs import END, PairBatch, columns, sentences_of
from replab.nn.translation.search import search

if TYPE_CHECKING:
    from replab.nn.translation.translator import Translator

Entries = dict[str, dict[str, Any]]
ROWS = 100  # sentences that are searched at once
EXAMPLES = 4


def scored(network: Translator, encoder: Encoder, tokens: dict[str, Tensor], source_pieces: Pieces) -> Entries:
    """Metrics of the test text: `test_bleu`, `test_chrf` (0 to 100) and `test_exact_match` (%) of greedy search, and
    the same with `_beam`.

    The entries of BLEU and chrF have sacrebleu's signature; that of `test_bleu` has examples, too.
    """
    sources, targets = (sentences_of(tokens[f"test_{side}"]) for side in ("source", "target"))
    references = [encoder.decode(target.tolist()) for target in targets]
    found: Entries = {}
    for suffix, beam in (("", 1), ("_beam", network.decoding.beam)):
        translations = translated(network, sources, beam)
        lines = [encoder.decode(words) for words in translations]
        found |= {f"test_{name}{suffix}": entry for name, entry in scores_of(lines, references).items()}
        if beam == 1:
            shown = range(min(EXAMPLES, len(sources)))
            examples = [_example(network, encoder.pieces, source_pieces, sources[n], translations[n]) for n in shown]
            found["test_bleu"]["examples"] = [
                {"reference": references[n], "translation": lines[n]} | example for n, example in enumerate(examples)
            ]
    return found


def scores_of(lines: Sequence[str], references: Sequence[str]) -> Entries:
    """`bleu`, `chrf` and `exact_match` of lines against one reference each.

    Source: Papineni et al. 2002, "BLEU: a method for automatic evaluation of machine translation"; Popovic 2015, "chrF:
    character n-gram F-score"; both as Post 2018, "A call for clarity in reporting BLEU scores", computes them in
    sacrebleu, on text as it is written, at its default settings, which the signature names.
    """
    from sacrebleu.metrics.bleu import BLEU  # late: .3 s
    from sacrebleu.metrics.chrf import CHRF

    found: Entries = {}
    for name, metric in (("bleu", BLEU()), ("chrf", CHRF())):
        value = metric.corpus_score(list(lines), [list(references)]).score
        found[name] = {"value": round(value, 4), "unit": "", "signature": str(metric.get_signature())}
    same = sum(line == reference for line, reference in zip(lines, references, strict=True))
    return found | {"exact_match": {"value": round(100 * same / len(references), 4), "unit": "%"}}


def translated(network: Translator, sources: Sequence[Tensor], beam: int) -> list[list[int]]:
    """The translation of each source sentence [n_i] (END included), without END, in float32.

    Sentences of about the same length are searched together. A translation has at most 2 n_i + 10 words.
    """
    found: dict[int, list[int]] = {}
    order = sorted(range(len(sources)), key=lambda number: len(sources[number]))
    for first in range(0, len(order), ROWS):
        chosen = order[first : first + ROWS]
        source, lengths = columns([sources[number] for number in chosen])
        with torch.no_grad():
            memory = network.read(source, lengths)
        words = search(network, memory, beam, 2 * lengths + 10, network.decoding.length_power)
        found |= dict(zip(chosen, words, strict=True))
    return [found[number] for number in range(len(sources))]


def _example(
    network: Translator, pieces: Pieces, source_pieces: Pieces, source: Tensor, words: list[int]
) -> dict[str, Any]:
    """A sentence, its translation, both in pieces, and with attention where it looked, [T][S] to three digits."""
    target = torch.tensor([*words, END], device=source.device)
    alignment = network.alignment(PairBatch(*columns([source]), *columns([target])))
    example: dict[str, Any] = {
        "source": [source_pieces[number] for number in source.tolist()],
        "target": [pieces[number] for number in target.tolist()],
    }
    if alignment is not None:
        example["attention"] = [[round(weight, 3) for weight in row] for row in alignment[:, 0].tolist()]
    return example
