"""Centres of radial units, from the training examples: `centers(draw, units_at, *, generator, count) -> [M, D]`.

`draw(n)` gives n training examples at random, none twice (all, shuffled, where there are no more): inputs [n, D] and
targets [n]. `units_at(centers [C, D])` is the function of what units at these centres would answer, inputs [B, D] ->
[B, C]. Every method has a `count`, the number M of centres. All randomness is `draw` and the `generator`.
Raises ReplabError where there are fewer examples than centres.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from replab.errors import ReplabError
from replab.nn.normal_equations import accumulated
from replab.ranges import Count

Draw = Callable[[int], tuple[Tensor, Tensor]]
UnitsAt = Callable[[Tensor], Callable[[Tensor], Tensor]]

INDEPENDENT = 1e-10  # a candidate counts as long as this share of its square is not explained by those before it
BLOCK = 1000


def random(draw: Draw, units_at: UnitsAt, *, generator: torch.Generator, count: Count) -> Tensor:
    """`count` training inputs, each as likely as any other.

    Source: Broomhead & Lowe 1988, section 5; report 004.
    """
    return _drawn(draw, count, count)[0]


def k_means(
    draw: Draw, units_at: UnitsAt, *, generator: torch.Generator, count: Count, examples: Count, iterations: Count
) -> Tensor:
    """The means of `count` clusters of (at most) `examples` training inputs, by Lloyd's algorithm after k-means++.

    It ends after `iterations`, or where no input changes its cluster.
    Source: Moody & Darken 1989; MacQueen 1967; Arthur & Vassilvitskii 2007 (k-means++); report 004, where it is called
    self-organised. By scikit-learn's KMeans, on one thread: with several the order of its sums is left to chance.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    inputs, _ = _drawn(draw, examples, count)
    seed = int(torch.randint(2**31 - 1, (), generator=generator))
    with threadpool_limits(1):
        found = KMeans(count, n_init=1, max_iter=iterations, tol=0, random_state=seed).fit(inputs.numpy())
    return torch.from_numpy(found.cluster_centers_).to(inputs.dtype)


def orthogonal_least_squares(
    draw: Draw, units_at: UnitsAt, *, generator: torch.Generator, count: Count, candidates: Count, examples: Count
) -> Tensor:
    """`count` of `candidates` training inputs, one after the other, each the one that explains the most.

    With w_i the responses [N] of candidate i to (at most) `examples` training inputs, orthogonalised against the
    constant and the candidates that are chosen, and t_k the targets (1 for the class, else 0), the next one has the
    largest error reduction ratio, the sum over k of (w_i t_k)^2 / (w_i w_i).

    Source: Chen, Cowan & Grant 1991, "Orthogonal least squares learning algorithm for radial basis function networks",
    equations 15 to 24; report 004. Departures: several outputs, whose reductions are added (Chen, Grant & Cowan 1992);
    the constant, the network's bias, is chosen first; candidates are a random part of the inputs; and their Gram matrix
    is decomposed instead of their columns, the same choice at N C^2 + M^2 C multiplications instead of M N C, for C
    candidates and M centres. The network has the widths of the chosen centres, which may differ from the candidates'.
    Raises ReplabError where fewer than `count` candidates are linearly independent.
    """
    inputs, targets = _drawn(draw, max(examples, candidates), count)
    pool, wanted = inputs[:candidates], torch.nn.functional.one_hot(targets).to(inputs.dtype)
    if len(pool) < count:
        raise ReplabError(f"centers: {count} centres cannot be chosen from {len(pool)} candidates")
    answers, blocks = units_at(pool), zip(inputs.split(BLOCK), wanted.split(BLOCK), strict=True)
    sums = accumulated((answers(some), aims) for some, aims in blocks)
    return pool[forward_selection(sums.gram, sums.cross, count)]


def forward_selection(gram: Tensor, cross: Tensor, count: int) -> list[int]:
    """The `count` columns of P with the largest error reduction ratios, in order, from P'P [C, C] and P'T [C, K].

    A partial Cholesky decomposition of P'P with pivots: after each choice `left` is w_i w_i, `cross` is w_i t_k.
    """
    left, cross = gram.diagonal().clone(), cross.clone()
    enough = INDEPENDENT * left
    factors = gram.new_zeros(len(gram), count)
    chosen: list[int] = []
    for step in range(count):
        ratios = torch.where(left > enough, cross.square().sum(1) / left, -1.0)
        best = int(ratios.argmax())
        if ratios[best] < 0:
            raise ReplabError(f"centers: only {step} of the candidates are linearly independent, {count} are wanted")
        column = (gram[:, best] - factors[:, :step] @ factors[best, :step]) / left[best].sqrt()
        cross -= torch.outer(column, cross[best] / left[best].sqrt())
        left -= column.square()
        left[best] = 0
        factors[:, step] = column
        chosen.append(best)
    return chosen


def _drawn(draw: Draw, examples: int, count: int) -> tuple[Tensor, Tensor]:
    inputs, targets = draw(examples)
    if len(inputs) < count:
        raise ReplabError(f"centers: {count} centres cannot be had from {len(inputs)} training examples")
    return inputs, targets


CENTERS: dict[str, Callable[..., Tensor]] = {
    "random": random,
    "k_means": k_means,
    "orthogonal_least_squares": orthogonal_least_squares,
}
