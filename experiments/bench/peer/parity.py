#!/usr/bin/env python3
"""Compares our networks with PyTorch's, weight for weight: random weights, one batch, the outputs in evaluation.

    experiments/bench/peer/parity.py [NETWORK/BLOCK...]

Every difference is to be below 1e-4 of the largest output. PyTorch and torchvision are needed; the exit status is 1 where one is not.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile

import numpy
import torch
import torchvision

import nets

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
KINDS = ("none", "se", "ce")
BLOCKS = ("resnet18", "resnet50", "resnet101", "mobilenetv2", "shufflenetv2-0.5", "shufflenetv2-1.0")
PLAIN = {  # torchvision's own, without blocks
    "resnet34": "resnet34", "resnet152": "resnet152", "resnext50": "resnext50_32x4d", "resnext101": "resnext101_32x8d",
    "wideresnet50": "wide_resnet50_2", "shufflenetv2-1.5": "shufflenet_v2_x1_5", "shufflenetv2-2.0": "shufflenet_v2_x2_0",
    "vgg11": "vgg11_bn", "vgg13": "vgg13_bn", "vgg16": "vgg16_bn", "vgg19": "vgg19_bn", "alexnet": "alexnet",
}


def make(name):
    base, kind = name.split("/")
    net = getattr(torchvision.models, PLAIN[base])(weights=None) if base in PLAIN else nets.make(name, train=False)
    for m in net.modules():  # statistics and scales such as training makes
        if isinstance(m, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(m.weight, mode="fan_out")
        if isinstance(m, torch.nn.BatchNorm2d):
            m.weight.data.uniform_(0.3, 0.8)
            m.bias.data.normal_(0, 0.3)
            m.running_mean.normal_(0, 0.3)
            m.running_var.uniform_(0.5, 2)
        if isinstance(m, nets.CE):
            m.x_weight.data.normal_()
            noise = 0.1 * torch.randn_like(m.running_wm)
            m.running_wm.add_(noise + noise.mT)
            m.AR.running_scale.uniform_(0.5, 1.5)
    return net.eval()


def write_safetensors(path, state):
    header, at, data = {}, 0, []
    for name, t in state.items():
        if t.dtype != torch.float32:
            continue
        raw = t.contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [at, at + len(raw)]}
        at += len(raw)
        data.append(raw)
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def main():
    names = sys.argv[1:] or [f"{base}/{kind}" for base in BLOCKS for kind in KINDS] + [base + "/none" for base in PLAIN]
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        weights, inputs, outputs = (os.path.join(folder, f) for f in ("weights", "x.npy", "y.npy"))
        for name in names:
            torch.manual_seed(1)
            net, x = make(name), torch.randn(2, 3, 224, 224)
            with torch.no_grad():
                want = net(x).numpy()
            if name.endswith("ce"):  # each format has its share
                torch.save(net.state_dict(), weights)
            elif name.endswith("se"):
                torch.save(net.state_dict(), weights, _use_new_zipfile_serialization=False)
            else:
                write_safetensors(weights, net.state_dict())
            numpy.save(inputs, x.numpy())
            model, kind = name.split("/")
            subprocess.run([os.path.join(ROOT, "reproduce.sh"), "forward", "--model", model, "--block", kind,
                            "--weights", weights, "--input", inputs, "--output", outputs], check=True, stdout=subprocess.DEVNULL)
            off = abs(numpy.load(outputs) - want).max() / abs(want).max()
            failed |= not off < 1e-4
            print(f"{name:24} {off:.1e} of the largest output, {abs(want).max():.3g}", flush=True)
    sys.exit(failed)


main()
