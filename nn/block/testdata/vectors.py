"""Writes vectors.json: outputs and gradients of the blocks of this package in PyTorch, in float64, for block_test.go.

Run it with Python and PyTorch in this folder: python3 vectors.py
"""

import json

import torch
import torch.nn as nn
import torch.nn.functional as F

N, C, H, W, HIDDEN = 3, 8, 4, 3, 4


class CBAM(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(C, HIDDEN), nn.Linear(HIDDEN, C)
        self.conv, self.bn = nn.Conv2d(2, 1, 7, padding=3, bias=False), nn.BatchNorm2d(1)

    def forward(self, x):
        f = lambda m: self.fc2(F.relu(self.fc1(m)))
        a = torch.sigmoid(f(x.mean((2, 3))) + f(x.amax((2, 3))))
        z = x * a[:, :, None, None]
        m = torch.cat([z.amax(1, keepdim=True), z.mean(1, keepdim=True)], 1)
        return z * torch.sigmoid(self.bn(self.conv(m)))

    def named(self):
        return {"w1": self.fc1.weight.T, "b1": self.fc1.bias, "w2": self.fc2.weight.T, "b2": self.fc2.bias,
                "conv/weight": self.conv.weight.permute(2, 3, 1, 0), "bn/gamma": self.bn.weight, "bn/beta": self.bn.bias}


class SRM(nn.Module):
    def __init__(self):
        super().__init__()
        self.cfc, self.bn = nn.Parameter(torch.zeros(C, 2)), nn.BatchNorm2d(C)

    def forward(self, x):
        t = torch.stack([x.mean((2, 3)), (x.flatten(2).var(2) + 1e-5).sqrt()], 2)
        z = (t * self.cfc).sum(2)[:, :, None, None]
        return x * torch.sigmoid(self.bn(z))

    def named(self):
        return {"cfc": self.cfc.T, "bn/gamma": self.bn.weight, "bn/beta": self.bn.bias}


class GC(nn.Module):
    def __init__(self):
        super().__init__()
        self.mask = nn.Conv2d(C, 1, 1, bias=False)
        self.fc1, self.ln, self.fc2 = nn.Linear(C, HIDDEN), nn.LayerNorm(HIDDEN), nn.Linear(HIDDEN, C)

    def forward(self, x):
        a = torch.softmax(self.mask(x).flatten(2), 2)
        m = (x.flatten(2) * a).sum(2)
        return x + self.fc2(F.relu(self.ln(self.fc1(m))))[:, :, None, None]

    def named(self):
        return {"mask/weight": self.mask.weight.permute(2, 3, 1, 0), "w1": self.fc1.weight.T, "b1": self.fc1.bias,
                "gamma": self.ln.weight, "beta": self.ln.bias, "w2": self.fc2.weight.T, "b2": self.fc2.bias}


class GE(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(F.adaptive_avg_pool2d(x, 1))

    def named(self):
        return {}


class GCT(nn.Module):
    def __init__(self):
        super().__init__()
        self.alpha, self.gamma, self.beta = (nn.Parameter(torch.zeros(1, C, 1, 1)) for _ in range(3))

    def forward(self, x):
        s = self.alpha * ((x ** 2).sum((2, 3), keepdim=True) + 1e-5).sqrt()
        return x * (1 + torch.tanh(self.gamma * s / ((s ** 2).mean(1, keepdim=True) + 1e-5).sqrt() + self.beta))

    def named(self):
        return {"alpha": self.alpha, "gamma": self.gamma, "beta": self.beta}


class IterNorm(nn.Module):
    def __init__(self, group=4, steps=5):
        super().__init__()
        self.group, self.steps = group, steps
        self.weight, self.bias = nn.Parameter(torch.ones(1, C, 1, 1)), nn.Parameter(torch.zeros(1, C, 1, 1))
        self.register_buffer("mean", torch.zeros(C, dtype=torch.float64))
        self.register_buffer("wm", torch.eye(group, dtype=torch.float64).repeat(C // group, 1, 1))

    def forward(self, x):
        rows = x.permute(1, 0, 2, 3).reshape(C // self.group, self.group, -1)
        mean, p = self.mean.view(C // self.group, self.group, 1), self.wm
        if self.training:
            mean = rows.mean(2, keepdim=True)
            d = rows - mean
            eye = torch.eye(self.group, dtype=x.dtype)
            sigma = d @ d.transpose(1, 2) / rows.shape[2] + 1e-5 * eye
            trace = sigma.diagonal(dim1=1, dim2=2).sum(1).view(-1, 1, 1)
            p = eye.expand_as(sigma)
            for _ in range(self.steps):
                p = 1.5 * p - 0.5 * p @ p @ p @ (sigma / trace)
            p = p / trace.sqrt()
            with torch.no_grad():
                self.mean.lerp_(mean.flatten(), 0.1)
                self.wm.lerp_(p, 0.1)
        y = (p @ (rows - mean)).reshape(C, x.shape[0], H, W).permute(1, 0, 2, 3)
        return y * self.weight + self.bias

    def named(self):
        return {"weight": self.weight, "bias": self.bias}


def plain(t):
    return [float("%.9g" % v) for v in t.detach().reshape(-1)]


def nhwc(t):
    return plain(t.permute(0, 2, 3, 1))


def case(name, make):
    torch.manual_seed(1)
    m = make().double().train()
    for p in m.parameters():
        p.data = torch.randn_like(p) * 0.5 + 0.2
    x = (torch.randn(N, C, H, W, dtype=torch.float64) * 2 + 0.5).requires_grad_()
    dy = torch.randn(N, C, H, W, dtype=torch.float64)
    named = m.named()
    for t in named.values():
        if not t.is_leaf:
            t.retain_grad()
    y = m(x)
    y.backward(dy)
    params = {k: dict(shape=list(t.shape), data=plain(t)) for k, t in named.items()}
    leaves = {id(p): p for p in m.parameters()}
    grads = {k: plain(g) for k, g in zip(named, gradients(m, named))}
    with torch.no_grad():
        evaluation = m.eval()(x)
    return dict(name=name, x=nhwc(x), dy=nhwc(dy), y=nhwc(y), dx=nhwc(x.grad), params=params, grads=grads, evaluation=nhwc(evaluation))


def gradients(m, named):
    """The gradients of the parameters, arranged as named() arranges them."""
    saved = [p.data.clone() for p in m.parameters()]
    for p in m.parameters():
        p.data = p.grad
    list_ = [t.detach().clone() for t in m.named().values()]
    for p, d in zip(m.parameters(), saved):
        p.data = d
    return list_


cases = [case(c.__name__, c) for c in (CBAM, SRM, GC, GE, GCT, IterNorm)]
with open("vectors.json", "w") as f:
    json.dump(dict(shape=[N, H, W, C], hidden=HIDDEN, group=4, cases=cases), f)
    f.write("\n")
