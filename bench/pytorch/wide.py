#!/usr/bin/python3
"""The wide network in PyTorch: 784-512-512-10, batches of 128, 12,800 rows. One JSON line an epoch."""
import torch
from torch import nn
import flat

a = flat.arguments()
model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


def losses(image, digit):
    z = model(image)
    return nn.functional.cross_entropy(z, digit), (z.argmax(1) == digit).sum()


flat.train(a.epochs, 128, (flat.pixels(12800, 784), flat.skewed(10, 12800)), model, losses)
