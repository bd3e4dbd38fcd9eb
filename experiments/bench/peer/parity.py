#!/usr/bin/env python3
"""Compares our networks with PyTorch's, weight for weight, on one batch: the outputs in evaluation, and the gradients of a step of training.

    experiments/bench/peer/parity.py [NETWORK/BLOCK...]
    experiments/bench/peer/parity.py --pin FILE

Every output is to be within 1e-4 of the largest. The gradients of a parameter are to be within 1e-3 of the length of PyTorch's in double
precision, in one batch of several: where a rectifier's input is all but zero, rounding decides on which side it is, and with it about a
part of the gradient, for PyTorch in single precision as for us; a formula that is wrong is so in every batch. PyTorch and torchvision are
needed; the exit status is 1 where something is not as it should be. With --pin it writes what PyTorch computes with weights that a
formula makes: with these the tests compare us where there is no PyTorch.
"""
import copy
import json
import os
import struct
import subprocess
import sys
import tempfile

import numpy
import torch
import torch.nn.functional as F
import torchvision

import nets

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
KINDS = ("none", "se", "ce")
BLOCKS = ("resnet18", "resnet50", "resnet101", "mobilenetv2", "shufflenetv2-0.5", "shufflenetv2-1.0")
GRADIENTS = ("resnet18", "mobilenetv2", "shufflenetv2-0.5", "shufflenetv2-1.0")
PINNED = [f"{base}/{kind}" for base in ("resnet18", "mobilenetv2", "shufflenetv2-0.5") for kind in KINDS]
BATCHES, PINNED_BATCHES = 9, 6
PLAIN = {  # torchvision's own, without blocks
    "resnet34": "resnet34", "resnet152": "resnet152", "resnext50": "resnext50_32x4d", "resnext101": "resnext101_32x8d",
    "wideresnet50": "wide_resnet50_2", "shufflenetv2-1.5": "shufflenet_v2_x1_5", "shufflenetv2-2.0": "shufflenet_v2_x2_0",
    "vgg11": "vgg11_bn", "vgg13": "vgg13_bn", "vgg16": "vgg16_bn", "vgg19": "vgg19_bn", "alexnet": "alexnet",
}


def make(name):
    base = name.split("/")[0]
    net = getattr(torchvision.models, PLAIN[base])(weights=None) if base in PLAIN else nets.make(name, small=False)
    for m in net.modules():
        if isinstance(m, torch.nn.Dropout):
            m.p = 0.0
    return net.eval()


def randomise(net):
    """Statistics and scales as after training."""
    for m in net.modules():
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


def noise(name, shape):
    """Numbers from -1/2 to 1/2, the hash of the place of each element and of the name; the tests have the same in Go."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 % 2**32
    x = (numpy.arange(int(numpy.prod(shape)), dtype=numpy.uint64) + seed).astype(numpy.uint32)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        x = (x ^ (x >> numpy.uint32(shift))) * numpy.uint32(factor)
    return (x / 2**32 - 0.5).reshape(shape)


def formula(name, shape):
    u = noise(name, shape)
    if name.endswith("running_var") or name.endswith("running_scale"):
        u = 1 + u
    elif name.endswith("running_wm"):
        u = 0.1 * (u + u.swapaxes(1, 2)) + numpy.eye(shape[1])
    elif name.endswith("weight") and len(shape) > 1:
        u = u * numpy.sqrt(24 / numpy.prod(shape[1:]))
    elif name.endswith("weight") and not name.endswith("x_weight"):
        u = 0.55 + 0.5 * u
    return torch.from_numpy(numpy.asarray(u, dtype=numpy.float32))


def projection(name, gradient):
    """The sum of the elements with signs that the hash of the place and of the name gives: another order has another sum."""
    return float(numpy.sum(numpy.where(noise("sign " + name, gradient.shape) < 0, -gradient, gradient)))


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


def read_safetensors(path):
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    header.pop("__metadata__", None)
    return {name: numpy.frombuffer(data[slice(*t["data_offsets"])], "<f4").reshape(t["shape"]) for name, t in header.items()}


def step(net, x, labels):
    """The loss of a step of training, and the gradients of the parameters. A bias before a BatchNorm has none but for rounding: None."""
    net = copy.deepcopy(net).to(x.dtype).train()
    loss = F.cross_entropy(net(x), labels)
    loss.backward()
    gradients = {name: p.grad.numpy().astype(numpy.float64) for name, p in net.named_parameters()}
    longest = max(numpy.linalg.norm(g) for g in gradients.values())
    return loss.item(), {name: g if numpy.linalg.norm(g) > 1e-10 * longest else None for name, g in gradients.items()}


def ours(command, name, *more):
    model, kind = name.split("/")
    subprocess.run([os.path.join(ROOT, "reproduce.sh"), command, "--model", model, "--block", kind, *more], check=True, stdout=subprocess.DEVNULL)


def compare(name, folder):
    """Prints the error, and reports whether it is too large."""
    weights, inputs, labels, outputs = (os.path.join(folder, f) for f in ("weights", "x.npy", "labels.npy", "y"))
    torch.manual_seed(1)
    net, x = make(name), torch.randn(2, 3, 224, 224)
    randomise(net)
    if name.endswith("ce"):  # each format has its share
        torch.save(net.state_dict(), weights)
    elif name.endswith("se"):
        torch.save(net.state_dict(), weights, _use_new_zipfile_serialization=False)
    else:
        write_safetensors(weights, net.state_dict())
    with torch.no_grad():
        want = net(x).numpy()
    numpy.save(inputs, x.numpy())
    ours("forward", name, "--weights", weights, "--input", inputs, "--output", outputs)
    off = abs(numpy.load(outputs) - want).max() / abs(want).max()
    wrong, text = not off < 1e-4, f"{off:.1e} of the largest output, {abs(want).max():.3g}"
    if name.split("/")[0] in GRADIENTS:
        off, largest = {}, ([], [])
        for _ in range(BATCHES):
            x, truth = torch.randn(4, 3, 64, 64), torch.randint(1000, (4,))
            numpy.save(inputs, x.numpy())
            numpy.save(labels, truth.numpy())
            ours("gradients", name, "--weights", weights, "--input", inputs, "--labels", labels, "--output", outputs)
            got = read_safetensors(outputs)
            want, theirs = step(net, x.double(), truth)[1], step(net, x, truth)[1]
            assert got.keys() == want.keys(), got.keys() ^ want.keys()
            errors = [{n: numpy.linalg.norm(h[n] - g) / numpy.linalg.norm(g) if h[n] is not None else 1 for n, g in want.items() if g is not None}
                      for h in (got, theirs)]
            for n, e in errors[0].items():
                off.setdefault(n, []).append(e)
            for to, e in zip(largest, errors):
                to.append(max(e.values()))
        # After a unit that few images excite, few batches have a gradient: too few to choose from.
        off = {n: min(errors) for n, errors in off.items() if 3 * len(errors) >= BATCHES}
        worst = max(off, key=off.get)
        wrong |= not off[worst] < 1e-3
        text += (f"; gradients {off[worst]:.1e}, of {worst}; the worst of a batch {numpy.median(largest[0]):.1e}, "
                 f"PyTorch in single precision {numpy.median(largest[1]):.1e}")
    print(f"{name:24} {text}", flush=True)
    return wrong


def pin(name):
    """What PyTorch computes with the formula's weights, on images of 64×64: outputs, and of some batches the loss, and the lengths and projections of
    gradients."""
    net = make(name)
    net.load_state_dict({n: formula(n, t.shape) if t.dtype == torch.float32 else t for n, t in net.state_dict().items()})
    batches, labels = [], 100 * torch.arange(4)
    for i in range(PINNED_BATCHES):
        x = 4 * formula(f"input{i}", (4, 3, 64, 64))
        if i == 0:
            with torch.no_grad():
                outputs = [float(f"{y:.6g}") for y in net(x)[0, :16].tolist()]
        loss, gradients = step(net, x.double(), labels)
        pairs = [None if g is None else [float(f"{v:.6g}") for v in (numpy.linalg.norm(g), projection(n, g))] for n, g in gradients.items()]
        batches.append({"loss": float(f"{loss:.7g}"), "gradients": pairs})
    return {"outputs": outputs, "parameters": [n for n, _ in net.named_parameters()], "batches": batches}


def main():
    if sys.argv[1:2] == ["--pin"]:
        with open(sys.argv[2], "w") as f:
            f.write("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(pin(name))}" for name in PINNED) + "\n}\n")
        return
    names = sys.argv[1:] or ([f"{base}/{kind}" for base in BLOCKS for kind in KINDS] + [base + "/none" for base in PLAIN] +
                             [f"resnet18/{kind}" for kind in nets.BLOCKS if kind not in KINDS])
    with tempfile.TemporaryDirectory() as folder:
        wrong = [compare(name, folder) for name in names]
    sys.exit(any(wrong))


main()
