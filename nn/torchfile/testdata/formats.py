#!/usr/bin/python3
"""Writes formats/: one network's weights as other programs, versions and wrappings of torch.save leave them. w is 0, 1, 2 … by 2 rows, b is -1.5;
what is called other has zeros."""
import argparse
import collections
import os
import pickle
import struct
import types
import zipfile

import torch

os.makedirs("formats", exist_ok=True)
os.chdir("formats")
good = lambda: collections.OrderedDict([("w", torch.arange(6.0).reshape(2, 3)), ("b", torch.tensor([-1.5]))])
other = lambda: collections.OrderedDict([("w", torch.zeros(2, 3)), ("b", torch.zeros(1))])
prefixed = lambda p: collections.OrderedDict((p + k, v) for k, v in good().items())
legacy = dict(_use_new_zipfile_serialization=False)

for protocol in (2, 3, 4, 5):
    torch.save(good(), f"protocol{protocol}.pth", pickle_protocol=protocol)
    torch.save(good(), f"legacy{protocol}.pth", pickle_protocol=protocol, **legacy)


class Python2(pickle._Pickler):
    """Strings as str of Python 2, and an OrderedDict by its list of pairs."""
    dispatch = dict(pickle._Pickler.dispatch)

    def save_str(self, text):
        b = text.encode("latin-1")
        self.write(b"U" + bytes([len(b)]) + b if len(b) < 256 else b"T" + struct.pack("<i", len(b)) + b)
        self.memoize(text)
    dispatch[str] = save_str

    def reducer_override(self, o):
        if type(o) is collections.OrderedDict:
            return collections.OrderedDict, ([[k, v] for k, v in o.items()],)
        return NotImplemented


module = types.ModuleType("python2")
module.Pickler = Python2
module.dump = lambda o, f, protocol=2: Python2(f, protocol).dump(o)
torch.save(good(), "python2.pth", pickle_module=module, pickle_protocol=2, **legacy)
torch.save({"epoch": 90, "arch": "resnet18", "best_prec1": 0.5, "state_dict": prefixed("module.")}, "places.pth.tar", pickle_module=module, pickle_protocol=2, **legacy)

for key in ("state_dict", "model_state_dict", "model", "net", "anything"):
    torch.save({key: good(), "epoch": 3}, f"under-{key}.pth")
torch.save({"model": {"state_dict": good()}}, "under-two.pth")
for prefix in ("module.", "_orig_mod.", "module._orig_mod.", "model.", "net.", "module.model."):
    torch.save(prefixed(prefix), f"prefix-{prefix[:-1]}.pth")
net = torch.nn.Sequential(collections.OrderedDict(a=torch.nn.Linear(3, 2)))
optimizer = torch.optim.Adam(net.parameters())
net(torch.ones(1, 3)).sum().backward()
optimizer.step()
Namespace = argparse.Namespace(lr=0.1, name="x", sizes=[1, 2], nested=argparse.Namespace(deep=True))
torch.save({"args": Namespace, "net": good(), "optimizer": optimizer.state_dict(), "acc": 91.5, "best": torch.tensor(91.5), "none": None, "big": 1 << 80,
            "set": {1, 2}, "frozen": frozenset([3]), "bytes": b"\0\xff", "complex": 1j, "numpy": __import__("numpy").float64(3.5), "range": range(3),
            "when": __import__("datetime").datetime(2020, 1, 1), "path": __import__("pathlib").PurePosixPath("/x"), "device": torch.device("cpu"), "dtype": torch.float16,
            "default": collections.defaultdict(list, a=[1]), "counter": collections.Counter("abc"), "random": torch.get_rng_state()[:8]}, "beside.pth")
torch.save({"state_dict": good(), "state_dict_ema": other()}, "ema.pth")
torch.save({"model": good(), "model_ema": other(), "optimizer": {"w": torch.zeros(2, 3)}}, "ema2.pth")
torch.save({"ema_state_dict": good()}, "ema-alone.pth")
torch.save({"netG": good(), "netD": other()}, "two.pth")
with torch.no_grad():
    whole = torch.nn.Linear(3, 2)
    whole.weight.copy_(good()["w"])
torch.save(whole, "whole.pth")
torch.save(torch.nn.Sequential(collections.OrderedDict(inner=whole)), "whole2.pth", **legacy)

base = torch.zeros(20)
base[3:15:2] = torch.arange(6.0)
torch.save({"w": base[3:15:2].reshape(2, 3), "b": torch.full((4, 4), -1.5)[2:3, 1]}, "views.pth")
torch.save({"w": torch.arange(6.0).reshape(2, 3).t().contiguous().t(), "b": torch.tensor([-1.5])}, "column-order.pth")
torch.save({"w": good()["w"].double(), "b": good()["b"].bfloat16()}, "types.pth")
torch.save({"w": torch.nn.Parameter(good()["w"].half()), "b": torch.nn.Parameter(good()["b"], requires_grad=False)}, "parameters.pth")


def rewritten(name, to, change, **records):
    with zipfile.ZipFile(name) as z, zipfile.ZipFile(to, "w", zipfile.ZIP_STORED) as out:
        root = z.namelist()[0].split("/")[0]
        for n in z.namelist():
            if n.split("/")[-1] not in records:
                out.writestr(n, change(n, z.read(n)))
        for key, text in records.items():
            out.writestr(root + "/" + key, text)


def swapped(size):
    def change(n, b):
        return b"".join(b[i:i + size][::-1] for i in range(0, len(b), size)) if "/data/" in n else b
    return change


torch.save({k: v.half() for k, v in good().items()}, "half.pth")
torch.save({k: v.double() for k, v in good().items()}, "double.pth")
for name, size in (("half", 2), ("protocol2", 4), ("double", 8)):
    rewritten(name + ".pth", "big-" + name + ".pth", swapped(size), byteorder="big")
rewritten("protocol2.pth", "wrong-order.pth", lambda n, b: b, byteorder="middle")
rewritten("protocol2.pth", "wrong-version.pth", lambda n, b: b, version="11\n")
torch.save({"w": torch.arange(6.0).reshape(2, 3).to_sparse(), "b": torch.tensor([1.0])}, "wrong-sparse.pth")
torch.save({"w": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8), "b": torch.tensor([1.0])}, "wrong-quantised.pth")
torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), "wrong-script.pt")
torch.save([1, 2], "wrong-list.pth")
torch.save({"epoch": 3, "lr": 0.1}, "wrong-numbers.pth")
