"""`replab translate`: translates lines with a trained network."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from replab.commands.common import add_study_and_variant, count_of, open_project, seed_of, variant_asked
from replab.data.bilingual import EOS_NUMBER, lines_of, source_line
from replab.data.subwords import Encoder
from replab.errors import ReplabError

if TYPE_CHECKING:
    from replab.data import TextData
    from replab.nn.translation.translator import Translator


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """By which network, and how it is searched."""
    add_study_and_variant(parser)
    parser.add_argument("--seed", help="the seed of the run (default: the first that is trained)")
    parser.add_argument("--beam", help="the size of the beam; 1 is a greedy search (default: the variant's)")


def run(args: argparse.Namespace) -> int:
    """Translate the lines of standard input with a trained network, line by line; an empty line stays empty."""
    project = open_project(args)
    beam = None if args.beam is None else count_of(args.beam, "--beam")
    seed = None if args.seed is None else seed_of(args.seed)
    variant = variant_asked(project, args)
    from replab.commands.trained import trained_network
    from replab.nn.translation.translator import Translator

    network, text, _ = trained_network(project, variant, seed)
    if not isinstance(network, Translator):
        raise ReplabError(f"{args.study} {args.variant} does not translate")
    lines = lines_of(sys.stdin.buffer.read(), "standard input")
    if not lines:
        raise ReplabError("standard input is empty: give it the lines to translate")
    sys.stdout.buffer.write("".join(f"{line}\n" for line in _translations(network, text, lines, beam)).encode("utf-8"))
    return 0


def _translations(network: Translator, text: TextData, lines: list[str], beam: int | None) -> list[str]:
    """A translation a line; an empty line is one."""
    import torch

    from replab.nn.translation.scoring import translated

    source, target = (Encoder(text.vocabularies[f"{side}_words"]) for side in ("source", "target"))
    filled = [line for line in lines if line.strip()]
    sentences = [torch.tensor([*source.encode(source_line(line)), EOS_NUMBER]) for line in filled]
    found = iter(translated(network, sentences, beam or network.decoding.beam) if sentences else [])
    return [target.decode(next(found)) if line.strip() else "" for line in lines]
