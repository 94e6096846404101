"""The weights of a channel as a sparse matrix: the definition that the kernel must agree with."""

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from saxsdog.reduction.plan import Plan


def weight_matrix(plan: Plan, channel: str) -> csr_matrix:
    r"""Weights C with :math:`I = C p` for the flat image p (eq. 5 of the paper).

    :math:`C_{kp} = c_{kp} f_p / A_k` with the share c of pixel p in bin k, its correction factor f
    and the area A of the bin. Shape ``(bins, pixels)``, float64.

    Raises
    ------
    KeyError
        If the plan has no channel of that name.
    """
    chosen = {c.name: c for c in plan.channels}[channel]
    layer = plan.layers[chosen.layer]
    mine = layer.members[chosen.row]
    runs = layer.runs.astype(np.int64)
    pixel = np.concatenate([np.arange(a, b) for a, b, _ in runs] or [np.empty(0, np.int64)])
    used = np.repeat(mine[runs[:, 2]], runs[:, 1] - runs[:, 0])
    first, count = layer.first.astype(np.int64), layer.count.astype(np.int64)
    entries = np.repeat(layer.wide, np.diff(layer.wide_bounds))
    region, wide_bins = np.divmod(layer.wide_bins, layer.n_bins)
    bins = [first[used], first[used] + 1, wide_bins[mine[region]]]
    pixels = [pixel[used], pixel[used], entries[mine[region]]]
    shares = [count[used], layer.sub_pixels - count[used], layer.wide_count[mine[region]]]
    rows, columns, data = map(np.concatenate, (bins, pixels, shares))
    weights = plan.weights[chosen.layer].linear[chosen.row]
    some = data > 0
    rows, columns = rows[some], columns[some]
    values = data[some] / weights[rows]
    if plan.factor is not None:
        values *= plan.factor[columns]
    shape = (layer.n_bins, plan.shape[0] * plan.shape[1])
    return coo_matrix((values, (rows, columns)), shape=shape).tocsr()
