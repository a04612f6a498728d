#!/usr/bin/python3
"""Writes the seed's network to FOLDER/seed-ROWS.onnx for each number of rows. A fixed number lets ONNX Runtime
compute more of the graph in advance: with it a row takes a tenth less."""
import sys, warnings
import torch
from torch import nn

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


torch.manual_seed(1)
model = Seed().eval()
for rows in map(int, sys.argv[2:]):
    example = torch.zeros(rows, 28, 28), torch.ones(rows, 2, dtype=torch.int32)
    torch.onnx.export(model, example, f'{sys.argv[1]}/seed-{rows}.onnx', opset_version=13,
                      input_names=['image', 'question'], output_names=['digit', 'answer'])
