"""Backbones: `backbone(*, channels, generator) -> Backbone`, networks that give features of images; see `backbone`.

With the weights `imagenet` they take no number from `generator`, with `random` all; on the CPU, in float32.
"""

from __future__ import annotations

from collections.abc import Callable

from replab.nn.backbones.backbone import Backbone
from replab.nn.backbones.efficientnet_lite import efficientnet_lite0
from replab.nn.backbones.inception import inception_v3

BACKBONES: dict[str, Callable[..., Backbone]] = {
    "efficientnet_lite0": efficientnet_lite0,
    "inception_v3": inception_v3,
}
