"""`replab generate`: text as a trained language model writes it."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from replab.commands.common import add_study_and_variant, count_of, open_project, seed_of, variant_asked
from replab.data.texts import EOS, WORDS
from replab.errors import ReplabError, unknown

if TYPE_CHECKING:
    import torch

    from replab.data import TextData
    from replab.nn.networks.lstm_language_model import LSTMLanguageModel


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of which network, and what of it."""
    add_study_and_variant(parser)
    parser.add_argument("--seed", help="the seed of the run (default: the first that is trained)")
    parser.add_argument("--words", default="100", help="the number of words (default: 100)")
    parser.add_argument(
        "--temperature", default="1", help="below 1, likely words come more often; above 1, less often (default: 1)"
    )
    parser.add_argument("--start", default="", help="the words to continue (default: a new sentence)")


def run(args: argparse.Namespace) -> int:
    """Continue a text with a trained language model; the same command gives the same text."""
    project = open_project(args)
    words, temperature = count_of(args.words, "--words"), _positive(args.temperature, "--temperature")
    seed = None if args.seed is None else seed_of(args.seed)
    variant = variant_asked(project, args)
    from replab.commands.trained import trained_network
    from replab.nn.networks.lstm_language_model import LSTMLanguageModel
    from replab.training.randomness import generator

    network, text, seed = trained_network(project, variant, seed)
    if not isinstance(network, LSTMLanguageModel):
        raise ReplabError(f"{args.study} {args.variant} is not a language model")
    print(_text(network, text, args.start.split(), words, temperature, generator(seed, "text")))
    return 0


def _positive(text: str, what: str) -> float:
    """A number above 0. Raises ReplabError for any other text."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise ReplabError(f"{what} must be a number above 0, not '{text}'")
    return number


def _text(
    network: LSTMLanguageModel,
    text: TextData,
    start: list[str],
    words: int,
    temperature: float,
    generator: torch.Generator,
) -> str:
    """The start and what follows, a sentence a line. Raises ReplabError for a word that the vocabulary lacks."""
    vocabulary = text.vocabularies[WORDS]
    numbers = {word: number for number, word in enumerate(vocabulary)}
    for word in start:
        if word not in numbers:
            raise unknown("word", word, numbers)
    begun = [numbers[word] for word in (EOS, *start)]
    found = network.continued(begun, words, temperature, generator)
    said = " ".join([*start, *(vocabulary[number] for number in found)])
    return "\n".join(line.strip() for line in said.split(EOS))
