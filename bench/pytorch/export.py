#!/usr/bin/python3
"""export.py NETWORK ROWS FILE: writes a network to an ONNX file for a number of rows. A fixed number lets ONNX Runtime
compute more of the graph in advance: with it a row takes a tenth less."""
import sys, warnings
import torch
from torch import nn
from record import Record

warnings.filterwarnings('ignore')


class Seed(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.asked = nn.Embedding(8, 4), nn.LSTM(4, 8, batch_first=True)
        self.trunk, self.digit, self.answer = nn.Linear(792, 25), nn.Linear(25, 10), nn.Linear(25, 1)

    def forward(self, image, question):
        _, (asked, _) = self.asked(self.words(question))
        x = torch.relu(self.trunk(torch.cat([asked[0], image.flatten(1)], 1)))
        return torch.softmax(self.digit(x), 1), torch.sigmoid(self.answer(x))


class Trained(Record):
    """The record network with probabilities as outputs."""

    def forward(self, image, question):
        digit, answer = super().forward(image, question)
        return torch.softmax(digit, 1), torch.sigmoid(answer)[:, None]


network, rows, file = sys.argv[1], int(sys.argv[2]), sys.argv[3]
torch.manual_seed(1)
model = {'seed': Seed, 'record': Trained}[network]
example = torch.zeros(rows, 28, 28), torch.ones(rows, 2, dtype=torch.int32)
torch.onnx.export(model().eval(), example, file, opset_version=13, input_names=['image', 'question'],
                  output_names=['digit', 'answer'])
