#!/usr/bin/python3
"""The record network in PyTorch: five convolutions on the middle 24x24 of 28x28 pixels, a question of two words, digit
and answer, AdamW, batches of 128, 1,920 rows. One JSON line an epoch. Channels last is twice as fast as channels first;
weights in that layout and torch.jit gain nothing more."""
import torch
from torch import nn
import flat


def block(channels, filters, pool):
    convolution = nn.Conv2d(channels, filters, 3, padding=1, bias=False)
    pools = [nn.MaxPool2d(2)] if pool else []
    return [convolution, *pools, nn.BatchNorm2d(filters), nn.ReLU(inplace=True)]


class Record(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(*block(1, 24, True), *block(24, 48, True), *block(48, 64, False),
                                   *block(64, 64, True), *block(64, 128, False))
        self.digit = nn.Linear(128, 10)
        self.words, self.asked, self.truth = nn.Embedding(8, 4), nn.LSTM(4, 8), nn.Linear(8, 10)

    def forward(self, image, question):
        x = image[:, None, 2:-2, 2:-2].to(memory_format=torch.channels_last)
        digit = self.digit(self.trunk(x).mean((2, 3)))
        _, (asked, _) = self.asked(self.words(question.t()))
        return digit, (torch.softmax(digit, 1) * self.truth(asked[0])).sum(1)


def main():
    a = flat.arguments()
    model = Record()

    def losses(image, question, digit, answer):
        zd, za = model(image, question)
        loss = .5 * nn.functional.cross_entropy(zd, digit)
        loss += .6 * nn.functional.binary_cross_entropy_with_logits(za, answer)
        return loss, (zd.argmax(1) == digit).sum()

    columns = (flat.pixels(1920, 28, 28), flat.skewed(7, 1920, 2), flat.skewed(10, 1920),
               (torch.rand(1920) < .3).float())
    flat.train(a.epochs, 128, columns, model, losses, decay=.1, kept=('words', 'asked', 'truth'))


if __name__ == '__main__':
    main()
