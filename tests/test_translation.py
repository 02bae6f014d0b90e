"""Networks that translate, sentence pairs in batches, search, and scores."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import sacrebleu
import torch
from torch import Tensor, nn

import translation_oracles
from agreement import close, cut, make_network, seeded
from replab.building import build
from replab.data.subwords import Encoder
from replab.errors import ReplabError
from replab.nn.translation.deferred import DeferredLinear
from replab.nn.translation.pairs import END, PairBatch, columns, sentences_of
from replab.nn.translation.scoring import scores_of, translated
from replab.nn.translation.search import search
from replab.nn.translation.translator import smoothed_nats

NETWORKS = [
    {"name": "bahdanau_lstm", **translation_oracles.BAHDANAU},
    *({"name": "seq2seq_lstm", **example} for example in translation_oracles.SEQ2SEQ),
]
each_network = pytest.mark.parametrize("block", NETWORKS, ids=lambda block: block["name"])
WORDS = 4  # of the toy that is searched, END among them


def batch(split: str = "validation") -> PairBatch:
    [found] = cut({"name": "sentence_pairs", "rows": 20, "pool": 1}, split)
    return found


class Toy:
    """log p of a word depends on all words so far: the memory is their number in base WORDS, [N]."""

    def __init__(self, sentences: int = 2) -> None:
        self.table = torch.randn(sentences, WORDS**5, WORDS, generator=seeded(), dtype=torch.float64).log_softmax(2)

    def begin(self, sentences: int) -> list[Tensor]:
        return [torch.arange(sentences), torch.zeros(sentences, dtype=torch.long)]

    def step(self, words: Tensor, memory: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        sentence, so_far = memory[0], WORDS * memory[1] + words
        return self.table[sentence, so_far], [sentence, so_far]

    def nats(self, sentence: int, words: list[int]) -> float:
        so_far, total = 0, 0.0
        for word in words:
            total += float(self.table[sentence, so_far, word])
            so_far = WORDS * so_far + word
        return total


def every_translation(most: int) -> list[list[int]]:
    """All with an END in the last place alone, and those of `most` words without."""
    found = []
    for length in range(1, most + 1):
        for words in itertools.product(range(1, WORDS), repeat=length - 1):
            found.append([*words, END])
    return found + [list(words) for words in itertools.product(range(1, WORDS), repeat=most)]


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_a_beam_that_holds_everything_finds_what_an_exhaustive_search_finds(power: float) -> None:
    toy, most = Toy(), 4
    expected = [
        max(every_translation(most), key=lambda words, s=sentence: toy.nats(s, words) / len(words) ** power)
        for sentence in (0, 1)
    ]
    found = search(toy, toy.begin(2), WORDS**most, torch.full((2,), most), power)
    assert found == [[word for word in words if word != END] for words in expected]


def test_a_beam_of_one_takes_the_likeliest_word_each_time() -> None:
    toy, memory, expected = Toy(), Toy().begin(2), []
    for sentence in (0, 1):
        words, part = [END], [each[sentence : sentence + 1] for each in memory]
        while len(words) < 5:
            nats, part = toy.step(torch.tensor(words[-1:]), part)
            words.append(int(nats.argmax()))
            if words[-1] == END:
                break
        expected.append([word for word in words[1:] if word != END])
    assert search(toy, memory, 1, torch.tensor([4, 4]), 1.0) == expected


def test_a_wider_beam_finds_likelier_translations() -> None:
    toy = Toy(20)
    most = torch.full((20,), 4)
    narrow, wide = (search(toy, toy.begin(20), beam, most, 0.0) for beam in (1, WORDS**4))

    def likely(translations: list[list[int]]) -> list[float]:
        return [toy.nats(s, words if len(words) == 4 else [*words, END]) for s, words in enumerate(translations)]

    gains = [one - other for one, other in zip(likely(wide), likely(narrow), strict=True)]
    assert min(gains) >= 0 and sum(gain > 0 for gain in gains) > 5


def test_a_sentence_ends_where_its_own_limit_is() -> None:
    toy = Toy()
    alone = [search(toy, [each[s : s + 1] for each in toy.begin(2)], 3, torch.tensor([s + 2]), 1.0)[0] for s in (0, 1)]
    assert search(toy, toy.begin(2), 3, torch.tensor([2, 3]), 1.0) == alone
    toy.table[:, :, END] = -1e9
    assert list(map(len, search(toy, toy.begin(2), 3, torch.tensor([2, 4]), 1.0))) == [2, 4]


@each_network
def test_what_fills_up_a_column_changes_nothing(block: dict[str, Any]) -> None:
    """Neither more of it, nor other numbers in it: nats, gradients and translations stay, to the last bits."""
    network, pairs = make_network(block, 0), batch()
    junk = torch.full((3, pairs.rows), 3)
    source, target = (torch.cat([each, junk]) for each in (pairs.source, pairs.target))
    for numbers, lengths in ((source, pairs.source_lengths), (target, pairs.target_lengths)):
        beyond = torch.arange(len(numbers))[:, None] >= lengths
        assert beyond.any()
        numbers[beyond] = 3
    fuller = PairBatch(source, pairs.source_lengths, target, pairs.target_lengths)
    weights = list(network.parameters())
    (nats, words, _), (again, as_many, _) = network.nats(pairs, None), network.nats(fuller, None)
    assert words == as_many == int(pairs.target_lengths.sum())
    close(again, nats.item())
    for one, other in zip(torch.autograd.grad(nats, weights), torch.autograd.grad(again, weights), strict=True):
        close(one, other.numpy())


@each_network
def test_a_sentence_is_translated_as_if_alone(block: dict[str, Any]) -> None:
    network = make_network(block, 1)
    with torch.no_grad():
        network.output_bias.mul_(0.1)
        network.target_embedding[END] *= 0.1
    sources = [column[:length] for column, length in zip(batch().source.T, batch().source_lengths, strict=True)]
    together = translated(network, sources, 3)
    assert together == [translated(network, [source], 3)[0] for source in sources]
    assert len({tuple(words) for words in together}) > 1


@each_network
def test_steps_give_what_teacher_forcing_gives(block: dict[str, Any]) -> None:
    network, pairs = make_network(block, 0), batch()
    memory, nats = network.read(pairs.source, pairs.source_lengths), torch.zeros((), dtype=torch.float64)
    for read, written, real in zip(pairs.decoder_input, pairs.target, pairs.real, strict=True):
        log_p, memory = network.step(read, memory)
        nats -= log_p.gather(1, written[:, None])[real].sum()
    close(nats, network.nats(pairs, None)[0].item())


@each_network
def test_noise_is_there_while_training_alone_and_from_its_generator(block: dict[str, Any]) -> None:
    network, pairs = make_network(block, 0), batch()

    def nats(seed: int) -> float:
        for module in network.modules():
            if hasattr(module, "generator"):
                module.generator = seeded(seed)
        return network.nats(pairs, None)[0].item()

    assert nats(0) == nats(1)
    network.train()
    assert nats(0) == nats(0) != nats(1)


def test_attention_looks_where_its_oracle_looks() -> None:
    network, pairs = make_network(NETWORKS[0], 0), batch()
    numbers = {name: value.numpy() for name, value in network.state_dict().items()}
    looks = network.alignment(pairs)
    assert looks is not None
    for column, expected in enumerate(translation_oracles.alignments(pairs, numbers, NETWORKS[0]["hidden"])):
        words, pieces = expected.shape
        close(looks[:words, column, :pieces], expected)
        assert (looks[:, column, pieces:] == 0).all()


def test_forget_gates_begin_at_their_bias_and_embeddings_by_their_own_initializer() -> None:
    for block in NETWORKS:
        network = build("network", block, vocabularies=translation_oracles.VOCABULARIES, generator=seeded())
        ones = sum(int((bias == 1).sum()) for bias in network.parameters() if bias.dim() == 1)
        gates = {"bahdanau_lstm": 3 * 3, "seq2seq_lstm": 2 * block.get("layers", 0) * 4}[block["name"]]
        assert ones == gates and network.target_embedding.std().item() == pytest.approx(0.3, abs=0.1)


def test_a_deferred_linear_map_has_the_gradients_of_a_linear_map() -> None:
    weight = torch.randn(3, 3, generator=seeded(), dtype=torch.float64, requires_grad=True)
    start = torch.randn(2, 3, generator=seeded(1), dtype=torch.float64, requires_grad=True)

    def end(linear: Any) -> Tensor:
        x = start
        for _ in range(4):
            x = torch.tanh(linear(x)) + 0.1 * x
        return x.square().sum()

    deferred = torch.autograd.grad(end(DeferredLinear(weight, weight.dtype)), [weight, start])
    plain = torch.autograd.grad(end(lambda x: nn.functional.linear(x, weight)), [weight, start])
    for one, other in zip(deferred, plain, strict=True):
        close(one, other.numpy())


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_smoothed_nats_have_the_value_of_the_loss_and_the_gradient_of_the_smoothed_one(smoothing: float) -> None:
    x, weight, bias = (
        torch.randn(shape, generator=seeded(), dtype=torch.float64, requires_grad=True)
        for shape in ((5, 3), (7, 3), (7,))
    )
    targets, scores = torch.tensor([0, 3, 6, 3, 1]), nn.functional.linear(x, weight, bias)
    nats = smoothed_nats(x, weight, bias, targets, smoothing)
    close(nats, nn.functional.cross_entropy(scores, targets, reduction="sum").item())
    smooth = nn.functional.cross_entropy(scores, targets, reduction="sum", label_smoothing=smoothing)
    for one, other in zip(*(torch.autograd.grad(each, [x, weight, bias]) for each in (nats, smooth)), strict=True):
        close(one, other.numpy())


def test_every_pair_comes_once_an_epoch_in_an_order_of_its_generator() -> None:
    tokens = {
        "train_source": torch.tensor([n for n in range(1, 101) for n in [n] * (n % 7 + 1) + [END]]),
        "train_target": torch.tensor([n for n in range(1, 101) for n in [n] * (n % 5 + 1) + [END]]),
    }
    pairs = build("sequences", {"name": "sentence_pairs", "rows": 8, "pool": 5})

    def epoch(seed: int) -> list[list[int]]:
        found = list(pairs(tokens, "train", generator=seeded(seed)))
        assert all(torch.equal(each.source[0], each.target[0]) for each in found)
        return [each.source[0].tolist() for each in found]

    first = epoch(0)
    assert sorted(n for rows in first for n in rows) == list(range(1, 101))
    assert first == epoch(0) != epoch(1)
    filled = sum(int((~each.real).sum()) for each in pairs(tokens, "train", generator=seeded(0)))
    unsorted = build("sequences", {"name": "sentence_pairs", "rows": 8, "pool": 1})
    assert filled < 0.2 * sum(int((~each.real).sum()) for each in unsorted(tokens, "train", generator=seeded(0)))


def test_sentences_that_are_not_as_many_are_refused() -> None:
    tokens = {"train_source": torch.tensor([1, END, 2, END]), "train_target": torch.tensor([1, 2, END])}
    with pytest.raises(ReplabError, match="train: 2 sentences and 1 translations"):
        list(build("sequences", {"name": "sentence_pairs", "rows": 1, "pool": 1})(tokens, "train", generator=seeded()))


def test_a_text_is_taken_apart_and_put_into_columns() -> None:
    parts = sentences_of(torch.tensor([4, 5, END, END, 6, END]))
    assert [part.tolist() for part in parts] == [[4, 5, END], [END], [6, END]]
    numbers, lengths = columns(parts)
    assert numbers.T.tolist() == [[4, 5, END], [END, END, END], [6, END, END]] and lengths.tolist() == [3, 1, 2]


def test_scores_are_sacrebleus_with_their_signatures() -> None:
    lines, references = ["Ein Hund läuft.", "Zwei Männer."], ["Ein Hund läuft schnell.", "Zwei Männer."]
    found = scores_of(lines, references)
    assert found["bleu"]["value"] == pytest.approx(sacrebleu.corpus_bleu(lines, [references]).score, abs=1e-4)
    assert found["chrf"]["value"] == pytest.approx(sacrebleu.corpus_chrf(lines, [references]).score, abs=1e-4)
    assert found["exact_match"] == {"value": 50.0, "unit": "%"}
    assert f"case:mixed|eff:no|tok:13a|smooth:exp|version:{sacrebleu.__version__}" in found["bleu"]["signature"]
    right = scores_of(references, references)
    assert [right[name]["value"] for name in ("bleu", "chrf", "exact_match")] == pytest.approx([100, 100, 100])


def test_bleu_is_its_formula() -> None:
    """One sentence of 5 words against 6: precisions 4/5, 2/4, 1/3, smoothed 1/4, and a brevity penalty."""
    line, reference = "a b c x e", "a b c d e f"
    expected = 100 * math.exp(1 - 6 / 5) * math.prod([4 / 5, 2 / 4, 1 / 3, 1 / (2 * 2)]) ** 0.25
    assert scores_of([line], [reference])["bleu"]["value"] == pytest.approx(expected, abs=1e-4)


def test_metrics_of_a_network_are_of_the_whole_test_text_and_show_sentences() -> None:
    """With a vocabulary of single characters, so that what a network writes can be read off its numbers."""
    network = make_network(NETWORKS[0], 0).float()
    tokens = {name: torch.from_numpy(array).long() for name, array in translation_oracles.TOKENS.items()}

    class Text:
        vocabularies = translation_oracles.VOCABULARIES

    found = network.extra_metrics(Text(), tokens)
    assert set(found) == {f"test_{name}{end}" for name in ("bleu", "chrf", "exact_match") for end in ("", "_beam")}
    example, sources = found["test_bleu"]["examples"][0], sentences_of(tokens["test_source"])
    assert example["source"] == [Text.vocabularies["source_words"][number] for number in sources[0].tolist()]
    assert example["target"][-1] == "<eos>"
    weights = np.array(example["attention"])
    assert weights.shape == (len(example["target"]), len(sources[0]))
    np.testing.assert_allclose(weights.sum(1), 1, atol=0.01)
    encoder = Encoder(Text.vocabularies["target_words"])
    lines = [encoder.decode(words) for words in translated(network, sources, 1)]
    assert [each["translation"] for each in found["test_bleu"]["examples"]] == lines[:4]
