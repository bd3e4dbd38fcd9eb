#!/usr/bin/env python3
"""Writes the files that the tests read: one state dictionary in both formats of torch.save."""
from collections import OrderedDict

import torch

base = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 4
state = OrderedDict([
    ("plain", base),
    ("transposed", base.t()),
    ("part", base[1:, 1:3]),
    ("parameter", torch.nn.Parameter(torch.tensor([1.5, -2.0]))),
    ("double", torch.tensor([[0.1], [1e-3]], dtype=torch.float64)),
    ("half", torch.tensor([1.0, -0.5, 65504.0, 6e-8], dtype=torch.float16)),
    ("brain", torch.tensor([3.0, -1e20], dtype=torch.bfloat16)),
    ("bn.num_batches_tracked", torch.tensor(7)),
    ("empty", torch.zeros(0, 5)),
])
torch.save(state, "zip.pth")
torch.save(state, "legacy.pth", _use_new_zipfile_serialization=False)
torch.save({"epoch": 3, "state_dict": {"module.w": base}}, "wrapped.pth")
