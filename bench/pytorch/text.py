#!/usr/bin/python3
"""The text network in PyTorch: 32 of 10,000 words, embedding 64, LSTM 64, two heads, batches of 64, 6,400 rows.
One JSON line an epoch."""
import torch
from torch import nn
import flat

a = flat.arguments()


class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.read = nn.Embedding(10000, 64), nn.LSTM(64, 64)
        self.topic, self.good = nn.Linear(64, 5), nn.Linear(64, 1)

    def forward(self, ids):
        # The LSTM wants the steps first: of the ids they are cheaper to turn than of the words.
        _, (hidden, _) = self.read(self.words(ids.t()))
        return self.topic(hidden[0]), self.good(hidden[0])[:, 0]


model = Text()


def losses(ids, topic, good):
    zt, zg = model(ids)
    loss = nn.functional.cross_entropy(zt, topic) + nn.functional.binary_cross_entropy_with_logits(zg, good)
    return loss, (zt.argmax(1) == topic).sum()


columns = flat.skewed(10000, 6400, 32), flat.skewed(5, 6400), (torch.rand(6400) < .3).float()
flat.train(a.epochs, 64, columns, model, losses)
