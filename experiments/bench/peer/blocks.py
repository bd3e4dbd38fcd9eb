"""Channel blocks in PyTorch, written for this project after their papers, with the names under which cenet exports them."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class ECA(nn.Module):
    """Efficient channel attention (Wang et al. 2020)."""

    def __init__(self, channels):
        super().__init__()
        size = int((math.log2(channels) + 1) / 2)
        size += 1 - size % 2
        self.conv = nn.Conv1d(1, 1, size, padding=size // 2, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.conv(x.mean((2, 3))[:, None]))[:, 0, :, None, None]


class CBAM(nn.Module):
    """Convolutional block attention module (Woo et al. 2018)."""

    def __init__(self, channels, reduction=16, least=4):
        super().__init__()
        hidden = max(least, channels // reduction)
        mlp = nn.Sequential(nn.Identity(), nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels))
        spatial = nn.Module()
        spatial.conv, spatial.bn = nn.Conv2d(2, 1, 7, padding=3, bias=False), nn.BatchNorm2d(1)
        self.ChannelGate, self.SpatialGate = nn.Module(), nn.Module()
        self.ChannelGate.mlp, self.SpatialGate.spatial = mlp, spatial

    def forward(self, x):
        mlp, spatial = self.ChannelGate.mlp, self.SpatialGate.spatial
        z = x * torch.sigmoid(mlp(x.mean((2, 3))) + mlp(x.amax((2, 3))))[:, :, None, None]
        m = torch.cat([z.amax(1, keepdim=True), z.mean(1, keepdim=True)], 1)
        return z * torch.sigmoid(spatial.bn(spatial.conv(m)))


class SRM(nn.Module):
    """Style recalibration (Lee et al. 2019)."""

    def __init__(self, channels):
        super().__init__()
        self.cfc, self.bn = nn.Parameter(torch.zeros(channels, 2)), nn.BatchNorm2d(channels)

    def forward(self, x):
        style = torch.stack([x.mean((2, 3)), (x.flatten(2).var(2) + 1e-5).sqrt()], 2)
        return x * torch.sigmoid(self.bn((style * self.cfc).sum(2)[:, :, None, None]))


class GC(nn.Module):
    """Global context (Cao et al. 2019)."""

    def __init__(self, channels, reduction=16, least=4):
        super().__init__()
        hidden = max(least, channels // reduction)
        self.conv_mask = nn.Conv2d(channels, 1, 1, bias=False)
        self.channel_add_conv = nn.Sequential(nn.Linear(channels, hidden), nn.LayerNorm(hidden), nn.ReLU(), nn.Linear(hidden, channels))

    def forward(self, x):
        attention = torch.softmax(self.conv_mask(x).flatten(2), 2)
        return x + self.channel_add_conv((x.flatten(2) * attention).sum(2))[:, :, None, None]


class GE(nn.Module):
    """Gather-excite without parameters (Hu et al. 2018)."""

    def __init__(self, channels):
        super().__init__()

    def forward(self, x):
        return x * torch.sigmoid(F.adaptive_avg_pool2d(x, 1))


class GCT(nn.Module):
    """Gated channel transformation (Yang et al. 2020)."""

    def __init__(self, channels):
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.gamma, self.beta = (nn.Parameter(torch.zeros(1, channels, 1, 1)) for _ in range(2))

    def forward(self, x):
        s = self.alpha * ((x ** 2).sum((2, 3), keepdim=True) + 1e-5).sqrt()
        return x * (1 + torch.tanh(self.gamma * s / ((s ** 2).mean(1, keepdim=True) + 1e-5).sqrt() + self.beta))


class IterNorm(nn.Module):
    """Iterative normalisation (Huang et al. 2019), in groups of at most group channels."""

    def __init__(self, channels, group=64, steps=5):
        super().__init__()
        while channels % group:
            group //= 2
        self.groups, self.group, self.steps = channels // group, group, steps
        self.weight, self.bias = nn.Parameter(torch.ones(1, channels, 1, 1)), nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_wm", torch.eye(group).repeat(self.groups, 1, 1))

    def forward(self, x):
        n, c, h, w = x.shape
        rows = x.permute(1, 0, 2, 3).reshape(self.groups, self.group, -1)
        mean, p = self.running_mean.view(self.groups, self.group, 1), self.running_wm
        if self.training:
            mean = rows.mean(2, keepdim=True)
            d = rows - mean
            eye = torch.eye(self.group, dtype=x.dtype, device=x.device)
            sigma = d @ d.transpose(1, 2) / rows.shape[2] + 1e-5 * eye
            trace = sigma.diagonal(dim1=1, dim2=2).sum(1).view(-1, 1, 1)
            p = eye.expand_as(sigma)
            for _ in range(self.steps):
                p = 1.5 * p - 0.5 * p @ p @ p @ (sigma / trace)
            p = p / trace.sqrt()
            with torch.no_grad():
                self.running_mean.lerp_(mean.flatten().to(self.running_mean.dtype), 0.1)
                self.running_wm.lerp_(p.to(self.running_wm.dtype), 0.1)
        y = (p @ (rows - mean)).reshape(c, n, h, w).permute(1, 0, 2, 3)
        return y * self.weight + self.bias
