"""Times PyTorch next to cenet: reads requests from standard input, a JSON object a line, and answers each with one.

    {"net": "resnet20/ce", "mode": "train", "workers": 1, "batch": 64, "seconds": 1}

prepares the network, if it is another than before, in every memory format (and for "infer" as it is and frozen, with BatchNorm
folded into the convolutions), with one thread, two, four ... up to "workers" of them, and times each; later requests for it time the
fastest. With "bf16": true products are in bfloat16, by autocast. With "device": "cuda" it runs there, images brought to the device in every step, in float32 or, with "tf32": true, with TF32, and
has no threads to try. The answer has the median time of a step, "seconds", which way it was, "way", and with how many threads, "threads".
"""
import contextlib
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F

import nets

FORMATS = {"nchw": torch.contiguous_format, "nhwc": torch.channels_last}
FUSES = torch._C._jit_can_fuse_on_cpu()  # operations on elements, where PyTorch was built with LLVM


def brought(x, device):
    """x, from pinned memory of the host where the device is another."""
    return x if device == "cpu" else x.pin_memory()


def cast(bf16, cache=True):
    """The context of a forward pass. Tracing must not find weights that were cast before."""
    return torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=cache) if bf16 else contextlib.nullcontext()


def training(name, small, batch, layout, device="cpu", bf16=False):
    torch.manual_seed(0)
    net = nets.make(name, small).train().to(device, memory_format=layout)
    side, classes = (32, 10) if small else (224, 1000)
    x = brought(torch.randn(batch, 3, side, side).to(memory_format=layout), device)
    y = torch.randint(classes, (batch,)).to(device)
    sgd = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)

    def step():
        sgd.zero_grad(set_to_none=True)
        with cast(bf16):
            loss = F.cross_entropy(net(x.to(device, non_blocking=True)), y)
        loss.backward()
        sgd.step()
        if device != "cpu":
            loss.item()
            torch.cuda.synchronize()
    return step


def inference(name, small, batch, layout, frozen, device="cpu", bf16=False):
    torch.manual_seed(0)
    net = nets.make(name, small).to(device, memory_format=layout)
    for m in net.modules():
        if isinstance(m, nets.Reweighting):
            m.running_scale.fill_(1)
    net.eval()
    side = 32 if small else 224
    x = brought(torch.randn(batch, 3, side, side).to(memory_format=layout), device)
    with torch.no_grad(), cast(bf16, cache=False):
        if frozen:
            # PyTorch 2.6 never finishes fusing channels-last tensors.
            torch._C._jit_override_can_fuse_on_cpu(FUSES and layout is not torch.channels_last)
            net = torch.jit.freeze(torch.jit.trace(net, x.to(device)))

    def step():
        with torch.no_grad(), cast(bf16):
            y = net(x.to(device, non_blocking=True))
            if device != "cpu":
                y.cpu()
    return step


def ways(q):
    small, device, bf16 = q.get("small", False), q.get("device", "cpu"), q.get("bf16", False)
    if device != "cpu":
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = q.get("tf32", False)
    for label, layout in FORMATS.items():
        if q["mode"] == "train":
            yield label, training(q["net"], small, q["batch"], layout, device, bf16)
        else:
            yield label, inference(q["net"], small, q["batch"], layout, False, device, bf16)
            yield label + " frozen", inference(q["net"], small, q["batch"], layout, True, device, bf16)


def threads(q):
    if q.get("device", "cpu") != "cpu":
        yield torch.get_num_threads()
        return
    n, workers = 1, q["workers"]
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
        step = training(q["net"], True, q["batch"], FORMATS[q["way"]])
        for _ in range(3):
            step()
        print(json.dumps({"bytes": resident() - before}), flush=True)
        return
    print(json.dumps({"version": torch.__version__}), flush=True)  # all is loaded
    key, best = None, None
    for line in sys.stdin:
        q = json.loads(line)
        asked = q["net"], q["mode"], q["workers"], q["batch"], q.get("device"), q.get("tf32"), q.get("bf16")
        if key != asked:
            key, best, step = asked, None, None
            for label, step in ways(q):
                for n in threads(q):
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
