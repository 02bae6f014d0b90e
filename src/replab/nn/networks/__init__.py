"""Networks for sequences: `network(*, vocabularies, generator) -> Network`; see `nn.networks.contract`.

`vocabularies` maps the name of each vocabulary of the text to its words. They draw from `generator` alone, on the CPU
in float32; what they draw while training comes from their modules of the class `Noisy`. One file a network.
"""

from __future__ import annotations

from collections.abc import Callable

from replab.nn.networks.bahdanau_lstm import bahdanau_lstm
from replab.nn.networks.contract import Network
from replab.nn.networks.lstm_language_model import lstm_language_model
from replab.nn.networks.seq2seq_lstm import seq2seq_lstm

NETWORKS: dict[str, Callable[..., Network]] = {
    "bahdanau_lstm": bahdanau_lstm,
    "lstm_language_model": lstm_language_model,
    "seq2seq_lstm": seq2seq_lstm,
}
