"""Writes norms.json: outputs and gradients of PyTorch's group, instance and layer normalisation, in float64, for norms_test.go.

Run it with Python and PyTorch in this folder: python3 norms.py
"""

import json

import torch
import torch.nn.functional as F

torch.manual_seed(1)
N, C, H, W = 2, 6, 3, 4


def case(name, groups, norm):
    x = torch.randn(N, C, H, W, dtype=torch.float64) * 2 + 0.5
    gamma, beta, dy = torch.randn(C, dtype=torch.float64), torch.randn(C, dtype=torch.float64), torch.randn(N, C, H, W, dtype=torch.float64)
    for v in (x, gamma, beta):
        v.requires_grad_()
    y = norm(x, gamma, beta)
    y.backward(dy)

    def nhwc(t):
        return [float("%.9g" % v) for v in t.detach().permute(0, 2, 3, 1).reshape(-1)]

    def plain(t):
        return [float("%.9g" % v) for v in t.detach()]

    return dict(name=name, groups=groups, x=nhwc(x), gamma=plain(gamma), beta=plain(beta), dy=nhwc(dy), y=nhwc(y),
                dx=nhwc(x.grad), dgamma=plain(gamma.grad), dbeta=plain(beta.grad))


def layer(x, gamma, beta):
    return F.layer_norm(x, (C, H, W)) * gamma.view(1, C, 1, 1) + beta.view(1, C, 1, 1)


cases = [
    case("GroupNorm", 3, lambda x, g, b: F.group_norm(x, 3, g, b)),
    case("InstanceNorm", C, lambda x, g, b: F.instance_norm(x, weight=g, bias=b)),
    case("LayerNorm", 1, layer),
]
with open("norms.json", "w") as f:
    json.dump(dict(shape=[N, H, W, C], cases=cases), f)
    f.write("\n")
