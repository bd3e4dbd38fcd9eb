"""Writes vectors.json: outputs and gradients of the blocks of this package in PyTorch, in float64, for block_test.go.

Run it with Python and PyTorch in this folder: python3 vectors.py
"""

import json
import sys

import torch

sys.path.insert(0, "../../../experiments/bench/peer")
import blocks

N, C, H, W, HIDDEN = 3, 8, 4, 3, 4

# For each block: how it is made, and its parameters by our names, in our order of dimensions.
BLOCKS = {
    "CBAM": (lambda: blocks.CBAM(C), lambda m: {
        "w1": m.ChannelGate.mlp[1].weight.T, "b1": m.ChannelGate.mlp[1].bias, "w2": m.ChannelGate.mlp[3].weight.T, "b2": m.ChannelGate.mlp[3].bias,
        "conv/weight": m.SpatialGate.spatial.conv.weight.permute(2, 3, 1, 0),
        "bn/gamma": m.SpatialGate.spatial.bn.weight, "bn/beta": m.SpatialGate.spatial.bn.bias}),
    "SRM": (lambda: blocks.SRM(C), lambda m: {"cfc": m.cfc.T, "bn/gamma": m.bn.weight, "bn/beta": m.bn.bias}),
    "GC": (lambda: blocks.GC(C), lambda m: {
        "mask/weight": m.conv_mask.weight.permute(2, 3, 1, 0), "w1": m.channel_add_conv[0].weight.T, "b1": m.channel_add_conv[0].bias,
        "gamma": m.channel_add_conv[1].weight, "beta": m.channel_add_conv[1].bias,
        "w2": m.channel_add_conv[3].weight.T, "b2": m.channel_add_conv[3].bias}),
    "GE": (lambda: blocks.GE(C), lambda m: {}),
    "GCT": (lambda: blocks.GCT(C), lambda m: {"alpha": m.alpha, "gamma": m.gamma, "beta": m.beta}),
    "IterNorm": (lambda: blocks.IterNorm(C, group=4), lambda m: {"weight": m.weight, "bias": m.bias}),
}


def plain(t):
    return [float("%.9g" % v) for v in t.detach().reshape(-1)]


def nhwc(t):
    return plain(t.permute(0, 2, 3, 1))


def case(name):
    make, named_of = BLOCKS[name]
    torch.manual_seed(1)
    m = make().double().train()
    for p in m.parameters():
        p.data = torch.randn_like(p) * 0.5 + 0.2
    x = (torch.randn(N, C, H, W, dtype=torch.float64) * 2 + 0.5).requires_grad_()
    dy = torch.randn(N, C, H, W, dtype=torch.float64)
    named = named_of(m)
    for t in named.values():
        if not t.is_leaf:
            t.retain_grad()
    y = m(x)
    y.backward(dy)
    params = {k: dict(shape=list(t.shape), data=plain(t)) for k, t in named.items()}
    leaves = {id(p): p for p in m.parameters()}
    grads = {k: plain(g) for k, g in zip(named, gradients(m, named_of))}
    with torch.no_grad():
        evaluation = m.eval()(x)
    return dict(name=name, x=nhwc(x), dy=nhwc(dy), y=nhwc(y), dx=nhwc(x.grad), params=params, grads=grads, evaluation=nhwc(evaluation))


def gradients(m, named_of):
    """The gradients of the parameters, arranged as named_of(m) arranges them."""
    saved = [p.data.clone() for p in m.parameters()]
    for p in m.parameters():
        p.data = p.grad
    list_ = [t.detach().clone() for t in named_of(m).values()]
    for p, d in zip(m.parameters(), saved):
        p.data = d
    return list_


cases = [case(name) for name in BLOCKS]
with open("vectors.json", "w") as f:
    json.dump(dict(shape=[N, H, W, C], hidden=HIDDEN, group=4, cases=cases), f)
    f.write("\n")
