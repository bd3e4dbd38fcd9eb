#!/usr/bin/env python3
"""Trains one recipe here and in PyTorch, with the same seeds on the same images, and compares the accuracies.

    experiments/bench/peer/accuracy.py --data DIR [--block none|se|ce] [--epochs 10] [--seeds 3] [--gpu]

DIR holds the files of CIFAR-10's binary version, data_batch_1.bin to data_batch_5.bin and test_batch.bin. The network is ResNet-20, the
recipe the usual one: batches of 128, SGD with momentum 0.9 and weight decay 5e-4 on all parameters, a learning rate that rises to 0.1 in
the first epoch and falls as a cosine, images shifted by up to 4 pixels and mirrored. Initial weights, order and shifts are drawn by each
for itself. With --gpu both run on the GPU, PyTorch in float32 without TF32. It prints the test accuracies as a table, with the interval of 95 % (Student) of PyTorch's mean; the exit status is 1 where our
mean is outside. Finished seeds are stored in .cache/, and an interrupted run resumes after them. PyTorch is required.
"""
import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import torch
import torch.nn.functional as F

import nets

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # of 95 %, by the number of seeds
BATCH, RATE, MOMENTUM, DECAY, SHIFT = 128, 0.1, 0.9, 5e-4, 4
SPEC = """title = "ResNet-20 next to PyTorch"
seeds = {seeds}
[data]
source = "cifar10"
crop = {shift}
flip = true
[model]
backbone = "resnet20"
block = "{block}"
[train]
epochs = {epochs}
batch = {batch}
lr = {rate}
momentum = {momentum}
weight_decay = {decay}
decay = "all"
schedule = "cosine"
warmup_epochs = 1
"""


def ours(args):
    """Our accuracies in %, by seed."""
    with tempfile.TemporaryDirectory() as folder:
        name = "accuracy"
        spec = os.path.join(folder, name + ".toml")
        with open(spec, "w") as f:
            f.write(SPEC.format(seeds=args.seeds, block=args.block, epochs=args.epochs, batch=BATCH, rate=RATE, momentum=MOMENTUM,
                                decay=DECAY, shift=SHIFT))
        subprocess.run([os.path.join(ROOT, "reproduce.sh"), spec, "--data", args.data, "--out", folder, "--yes",
                        "--device", "gpu" if args.gpu else "cpu"], check=True)
        with open(os.path.join(folder, name, "records.jsonl")) as f:
            records = [json.loads(line) for line in f]
    return {r["settings"]["seed"]: 100 * r["result"]["epochs"][-1]["test_top1"] for r in records if r["kind"] == "trial"}


def images(folder, names):
    records = numpy.concatenate([numpy.fromfile(os.path.join(folder, name), numpy.uint8).reshape(-1, 3073) for name in names])
    return torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).astype(numpy.float32) / 255), torch.from_numpy(records[:, 0].astype(numpy.int64))


def rate(args, epoch, at):
    """The learning rate of a step. Position in the epoch: above 0 to 1 in the warm-up, 0 to below 1 after it."""
    return RATE * at if epoch == 0 else RATE / 2 * (1 + math.cos(math.pi * (epoch + at - 1) / (args.epochs - 1)))


def theirs(args, seed, train, test):
    """PyTorch's accuracy in %."""
    torch.manual_seed(seed)
    device = torch.device("cuda" if args.gpu else "cpu")
    net = nets.make("resnet20/" + args.block, small=True).to(device, memory_format=torch.channels_last)
    for m in net.modules():
        if isinstance(m, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
    sgd = torch.optim.SGD(net.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)
    (x, y), steps, began = train, len(train[0]) // BATCH, time.time()
    padded = F.pad(x, [SHIFT] * 4)
    for epoch in range(args.epochs):
        net.train()
        order, total = torch.randperm(len(x)), 0.0
        for step in range(steps):
            for group in sgd.param_groups:
                group["lr"] = rate(args, epoch, (step + (epoch == 0)) / steps)
            chosen = order[step * BATCH:(step + 1) * BATCH]
            down, right, side = torch.randint(2 * SHIFT + 1, (2, BATCH, 1)).unbind() + (torch.rand(BATCH, 1) < 0.5,)
            rows, columns = down + torch.arange(32), torch.arange(32).expand(BATCH, 32)
            columns = right + torch.where(side, 31 - columns, columns)
            batch = padded[chosen[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)  # channels last
            loss = F.cross_entropy(net(batch.to(device)), y[chosen].to(device))
            sgd.zero_grad(set_to_none=True)
            loss.backward()
            sgd.step()
            total += loss.item()
        net.eval()
        with torch.no_grad():
            hits = sum((net(a.to(device)).argmax(1).cpu() == b).sum().item() for a, b in zip(test[0].split(500), test[1].split(500)))
        accuracy = 100 * hits / len(test[0])
        left = (time.time() - began) / (epoch + 1) * (args.epochs - epoch - 1)
        print(f"PyTorch seed {seed}  epoch {epoch + 1}/{args.epochs}  loss {total / steps:.3f}  top-1 {accuracy:.2f} %  ETA {left:.0f} s", file=sys.stderr, flush=True)
    return accuracy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder of CIFAR-10's binary version")
    parser.add_argument("--block", default="none", choices=("none", "se", "ce"))
    parser.add_argument("--epochs", type=int, default=10, help="at least 2")
    parser.add_argument("--seeds", type=int, default=3, choices=sorted(STUDENT), help="how many")
    parser.add_argument("--gpu", action="store_true", help="train on the GPU")
    args = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    if args.epochs < 2:
        parser.error("--epochs: at least 2, the first warms up")
    args.seeds, args.data = list(range(1, args.seeds + 1)), os.path.abspath(args.data)

    mine = ours(args)
    train = images(args.data, [f"data_batch_{i}.bin" for i in range(1, 6)])
    test = images(args.data, ["test_batch.bin"])
    mean, deviation = train[0].mean((0, 2, 3), keepdim=True), train[0].transpose(0, 1).flatten(1).std(1, correction=0).view(1, 3, 1, 1)
    for x, _ in (train, test):
        x.sub_(mean).div_(deviation)
    kept = os.path.join(ROOT, ".cache", "accuracy.json")
    done = {}
    if os.path.exists(kept):
        with open(kept) as f:
            done = json.load(f)
    peers = {}
    for seed in args.seeds:
        key = f"{args.block} {args.epochs} epochs seed {seed} {'GPU ' if args.gpu else ''}{args.data}"
        if key not in done:
            done[key] = theirs(args, seed, train, test)
            with open(kept + ".new", "w") as f:
                json.dump(done, f)
            os.replace(kept + ".new", kept)
        peers[seed] = done[key]

    print("| seed | cenet (%) | PyTorch (%) |\n|--:|--:|--:|")
    for seed in args.seeds:
        print(f"| {seed} | {mine[seed]:.2f} | {peers[seed]:.2f} |")
    centre, half = statistics.mean(peers.values()), STUDENT[len(peers)] * statistics.stdev(peers.values()) / math.sqrt(len(peers))
    us = statistics.mean(mine.values())
    inside = abs(us - centre) <= half
    print(f"| mean | {us:.2f} | {centre:.2f} ± {half:.2f} |\n\nOur mean is {'inside' if inside else 'outside'} the interval of PyTorch's.")
    sys.exit(not inside)


main()
