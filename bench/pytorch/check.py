#!/usr/bin/python3
"""Is this PyTorch a fair peer? Compares OpenBLAS' products with float64: some of its kernels are wrong on some
processors. Prints one JSON line."""
import json
import torch

torch.manual_seed(1)
torch.set_num_threads(1)
worst = 0.
for m, k, n in (1, 792, 25), (64, 792, 25), (128, 784, 512), (64, 64, 256), (37, 129, 65), (512, 512, 512):
    for a in torch.randn(m, k), torch.randn(k, m).t():
        b = torch.randn(k, n)
        worst = max(worst, float(((a @ b).double() - a.double() @ b.double()).abs().max()) / k ** .5)
print(json.dumps(dict(torch=torch.__version__, worst=worst, openblas='openblas' in open('/proc/self/maps').read())))
