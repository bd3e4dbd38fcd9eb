"""The networks in PyTorch, under torchvision's names, for measurements and comparisons side by side.

A network is resnet, mobilenetv2, shufflenetv2 or vgg with a channel block: none, se, one of blocks.py, ce (its branches one after the other, as
the authors released it) or ce-fused (the same function, with one matrix an image and group).
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

import blocks


class SE(nn.Module):
    """Squeeze-and-excitation (Hu et al. 2018)."""

    def __init__(self, channels, reduction=16, least=4):
        super().__init__()
        hidden = max(least, channels // reduction)
        self.fc1 = nn.Linear(channels, hidden)
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, x):
        weights = torch.sigmoid(self.fc2(torch.relu(self.fc1(x.mean(dim=(2, 3))))))
        return x * weights[:, :, None, None]


class Reweighting(nn.Module):
    """Instance reweighting: a/s, of shape (N, C), from the variance of each channel in each image."""

    def __init__(self, channels, momentum=0.1):
        super().__init__()
        hidden = channels // 4
        self.fc = nn.Sequential(nn.Linear(channels, hidden, bias=False), nn.LayerNorm(hidden), nn.ReLU(),
                                nn.Linear(hidden, channels, bias=False), nn.Sigmoid())
        self.momentum = momentum
        self.register_buffer("running_scale", torch.zeros(1))

    def forward(self, x, quick):
        pixels = x.flatten(2)
        if quick:  # from two sums, which PyTorch takes faster than a variance
            n = pixels.shape[2]
            variance = (pixels.square().mean(2) - pixels.mean(2).square()) * (n / (n - 1))
        else:
            variance = pixels.var(2)
        scale = self.running_scale
        if self.training:
            scale = variance.mean().sqrt()
            with torch.no_grad():
                self.running_scale.lerp_(scale.detach().view(1).to(self.running_scale.dtype), self.momentum)
        return self.fc(variance) / scale


class CE(nn.Module):
    """Channel Equilibrium, λ·BD(x) + (1 − λ)·IR(x), with groups of the largest power of two up to group that divides."""

    def __init__(self, channels, group=16, steps=3, eps=1e-5, momentum=0.1, fused=False):
        super().__init__()
        while channels % group:
            group //= 2
        self.groups, self.group, self.steps, self.eps, self.momentum, self.fused = channels // group, group, steps, eps, momentum, fused
        self.AR = Reweighting(channels, momentum)
        self.x_weight = nn.Parameter(torch.zeros(1))
        self.register_buffer("running_mean", torch.zeros(self.groups, group, 1))
        self.register_buffer("running_wm", torch.eye(group).repeat(self.groups, 1, 1))

    def root(self, x):
        """P of each group, (groups, group, group); x is (groups, group, pixels of the batch)."""
        if not self.training:
            return self.running_wm
        mean = x.mean(2, keepdim=True)
        x = x - mean
        one = torch.eye(self.group, device=x.device, dtype=x.dtype)
        sigma = x @ x.mT / x.shape[2] + self.eps * one
        sigma = sigma / sigma.diagonal(dim1=1, dim2=2).sum(1)[:, None, None]
        p = one.expand_as(sigma)
        for _ in range(self.steps):
            p = 1.5 * p - 0.5 * (p @ p @ p @ sigma)
        with torch.no_grad():
            self.running_wm.lerp_(p.to(self.running_wm.dtype), self.momentum)
            self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
        return p

    def forward(self, x):
        n, c, h, w = x.shape
        share = torch.sigmoid(self.x_weight)
        grouped = x.permute(1, 0, 2, 3).reshape(self.groups, self.group, n * h * w)
        p = self.root(grouped)
        a = self.AR(x, quick=self.fused)
        if self.fused:
            m = share * p + torch.diag_embed((1 - share) * a.view(n, self.groups, self.group))
            return (m @ x.reshape(n, self.groups, self.group, h * w)).view(n, c, h, w)
        decorrelated = (p @ grouped).view(c, n, h, w).permute(1, 0, 2, 3)
        return share * decorrelated + (1 - share) * x * a[:, :, None, None]


BLOCKS = {"se": SE, "eca": blocks.ECA, "cbam": blocks.CBAM, "srm": blocks.SRM, "gc": blocks.GC, "ge": blocks.GE, "gct": blocks.GCT,
          "iternorm": blocks.IterNorm}


def block(kind, channels, group=16):
    """The block of a site, or None."""
    if kind == "none":
        return None
    if kind in ("ce", "ce-fused"):
        return CE(channels, group, fused=kind == "ce-fused")
    return BLOCKS[kind](channels)


class Unit(nn.Module):
    """A residual unit of 3×3, 3×3, or of 1×1, 3×3, 1×1 to four times the width. Its block is before the addition."""

    def __init__(self, inputs, width, stride, bottleneck, kind):
        super().__init__()
        outputs = 4 * width if bottleneck else width
        convs = [(inputs, width, 3, stride), (width, outputs, 3, 1)]
        if bottleneck:
            convs = [(inputs, width, 1, 1), (width, width, 3, stride), (width, outputs, 1, 1)]
        self.last = len(convs)
        for i, (a, b, k, s) in enumerate(convs, 1):
            self.add_module(f"conv{i}", nn.Conv2d(a, b, k, s, k // 2, bias=False))
            self.add_module(f"bn{i}", nn.BatchNorm2d(b))
        self.block = None if kind == "none" else kind.removesuffix("-fused")
        if self.block:
            self.add_module(self.block, block(kind, outputs))
        self.downsample = None
        if stride > 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = x
        for i in range(1, self.last + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.last:
                y = F.relu(y, inplace=True)
        if self.block:
            y = getattr(self, self.block)(y)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


class ResNet(nn.Module):
    """For 224×224 images, or for small ones. Blocks are in every unit, but CE after the stem and in the first three stages."""

    def __init__(self, units, widths, bottleneck, kind="none", small=False, classes=1000):
        super().__init__()
        c = widths[0]
        self.conv1 = nn.Conv2d(3, c, 3, 1, 1, bias=False) if small else nn.Conv2d(3, c, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(c)
        self.ce1 = block(kind, c, 64 if c % 64 == 0 else 16) if kind in ("ce", "ce-fused") else None
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, 2, 1)
        self.stages = len(units)
        for i, (count, width) in enumerate(zip(units, widths), 1):
            stage = nn.Sequential()
            for j in range(count):
                here = "none" if kind in ("ce", "ce-fused") and i > 3 else kind
                stage.append(Unit(c, width, 2 if i > 1 and j == 0 else 1, bottleneck, here))
                c = 4 * width if bottleneck else width
            self.add_module(f"layer{i}", stage)
        self.fc = nn.Linear(c, classes)

    def forward(self, x):
        x = self.bn1(self.conv1(x))
        if self.ce1 is not None:
            x = self.ce1(x)
        x = self.maxpool(F.relu(x, inplace=True))
        for i in range(1, self.stages + 1):
            x = getattr(self, f"layer{i}")(x)
        return self.fc(x.mean(dim=(2, 3)))


RESNETS = {18: ((2, 2, 2, 2), False), 34: ((3, 4, 6, 3), False), 50: ((3, 4, 6, 3), True), 101: ((3, 4, 23, 3), True)}


def resnet(depth, kind, width=1.0, **more):
    units, bottleneck = RESNETS[depth]
    return ResNet(units, [int(width * c) for c in (64, 128, 256, 512)], bottleneck, kind, **more)


def resnet20(kind):
    return ResNet((3, 3, 3), (16, 32, 64), False, kind, small=True, classes=10)


def mobilenetv2(kind, small=False, classes=1000):
    """torchvision's, with the block after the last BatchNorm of each inverted residual."""
    from torchvision.models import mobilenet_v2
    net = mobilenet_v2(num_classes=classes)
    if small:
        net.features[0][0].stride = (1, 1)
    for unit in net.features[1:-1]:
        extra = block(kind, unit.conv[-1].num_features)
        if extra is not None:
            unit.conv.append(extra)
    return net


def shufflenetv2(scale, kind, small=False, classes=1000):
    """torchvision's, with the block before the last ReLU of each branch2."""
    from torchvision import models
    net = getattr(models, "shufflenet_v2_" + scale)(num_classes=classes)
    if small:
        net.conv1[0].stride = (1, 1)
        net.maxpool = nn.Identity()
    for stage in (net.stage2, net.stage3, net.stage4):
        for unit in stage:
            *layers, relu = unit.branch2
            extra = block(kind, layers[-1].num_features)
            if extra is not None:
                unit.branch2 = nn.Sequential(*layers, extra, relu)
    return net


def vgg11(width, classes=10):
    layers, c = [], 3
    for v in (64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0):
        if v:
            layers += [nn.Conv2d(c, int(width * v), 3, 1, 1, bias=False), nn.BatchNorm2d(int(width * v)), nn.ReLU(inplace=True)]
            c = int(width * v)
        else:
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(c, classes))


def make(name, small):
    """The network of a name such as resnet50-w0.25/ce: for small images of 10 classes, or the full one."""
    base, kind = name.split("/")
    if base == "resnet20":
        return resnet20(kind)
    family, _, width = base.partition("-")
    variant = dict(small=True, classes=10) if small else {}
    if family.startswith("resnet"):
        return resnet(int(family[6:]), kind, float(width[1:] or 1) if width else 1.0, **variant)
    if family == "mobilenetv2":
        return mobilenetv2(kind, **variant)
    if family == "shufflenetv2":
        return shufflenetv2("x" + width.replace(".", "_"), kind, **variant)
    if family == "vgg11":
        return vgg11(float(width[1:]))
    raise SystemExit("no network " + name)
