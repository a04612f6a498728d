#!/usr/bin/python3
"""The gru network in PyTorch: GRU 64 over 32 steps of 64 numbers, five classes, batches of 64, 6,400 rows. One JSON
line an epoch."""
import torch
from torch import nn
import flat

a = flat.arguments()


class Read(nn.Module):
    def __init__(self):
        super().__init__()
        self.read, self.topic = nn.GRU(64, 64), nn.Linear(64, 5)

    def forward(self, steps):
        return self.topic(self.read(steps.transpose(0, 1))[1][0])  # the GRU wants the steps first


model = Read()


def losses(steps, topic):
    z = model(steps)
    return nn.functional.cross_entropy(z, topic), (z.argmax(1) == topic).sum()


flat.train(a.epochs, 64, (torch.randn(6400, 32, 64), flat.skewed(5, 6400)), model, losses)
