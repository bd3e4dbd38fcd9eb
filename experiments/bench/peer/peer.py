"""Times PyTorch beside cenet: reads requests from standard input, a JSON object a line, and answers each with one.

    {"net": "resnet20/ce", "mode": "train", "workers": 1, "batch": 64, "seconds": 1}

prepares the network, if it is another than before, in every memory format (and for "infer" as it is and frozen, with BatchNorm
folded into the convolutions), with one thread, two, four ... up to "workers" of them, and times each; later requests for it time the
fastest. The answer has the median time of a step, "seconds", which way it was, "way", and with how many threads, "threads".
"""
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F

import nets

FORMATS = {"nchw": torch.contiguous_format, "nhwc": torch.channels_last}


def training(name, batch, layout):
    torch.manual_seed(0)
    net = nets.make(name, small=True).train().to(memory_format=layout)
    x = torch.randn(batch, 3, 32, 32).to(memory_format=layout)
    y = torch.randint(10, (batch,))
    sgd = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)

    def step():
        sgd.zero_grad(set_to_none=True)
        F.cross_entropy(net(x), y).backward()
        sgd.step()
    return step


def inference(name, small, batch, layout, frozen):
    torch.manual_seed(0)
    net = nets.make(name, small).to(memory_format=layout)
    for m in net.modules():
        if isinstance(m, nets.Reweighting):
            m.running_scale.fill_(1)
    net.eval()
    side = 32 if small else 224
    x = torch.randn(batch, 3, side, side).to(memory_format=layout)
    with torch.no_grad():
        if frozen:
            net = torch.jit.freeze(torch.jit.trace(net, x))

    def step():
        with torch.no_grad():
            net(x)
    return step


def ways(q):
    for label, layout in FORMATS.items():
        if q["mode"] == "train":
            yield label, training(q["net"], q["batch"], layout)
        else:
            yield label, inference(q["net"], q.get("small", False), q["batch"], layout, False)
            yield label + " frozen", inference(q["net"], q.get("small", False), q["batch"], layout, True)


def threads(workers):
    n = 1
    while n < workers:
        yield n
        n *= 2
    yield workers


def median(step, seconds):
    times, end = [], time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        begin = time.perf_counter()
        step()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def resident():
    """Largest resident memory so far, in bytes."""
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) << 10 for line in f if line.startswith("VmHWM:"))


def main():
    if "--memory" in sys.argv:  # of some training steps of one network, in a process of its own
        q = json.loads(sys.stdin.readline())
        torch.set_num_threads(q["workers"])
        before = resident()
        step = training(q["net"], q["batch"], FORMATS[q["way"]])
        for _ in range(3):
            step()
        print(json.dumps({"bytes": resident() - before}), flush=True)
        return
    print("{}", flush=True)  # all is loaded
    key, best = None, None
    for line in sys.stdin:
        q = json.loads(line)
        if key != (q["net"], q["mode"], q["workers"], q["batch"]):
            key, best = (q["net"], q["mode"], q["workers"], q["batch"]), None
            for label, step in ways(q):
                for n in threads(q["workers"]):
                    torch.set_num_threads(n)
                    for _ in range(3):
                        step()
                    t = median(step, q["seconds"] / 2)
                    if best is None or t < best[0]:
                        best = t, label, step, n
            step = None
        torch.set_num_threads(best[3])
        print(json.dumps({"seconds": median(best[2], q["seconds"]), "way": best[1], "threads": best[3]}), flush=True)


main()
