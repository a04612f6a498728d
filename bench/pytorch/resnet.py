#!/usr/bin/python3
"""The resnet network in PyTorch: three stages of two basic blocks with 16, 32 and 64 channels on 32x32 pixels, ten
classes, batches of 128, 512 rows. One JSON line an epoch. Channels last is faster than channels first; weights in
that layout and torch.jit gain nothing more."""
import torch
from torch import nn
import flat

a = flat.arguments()


def normed(channels, filters, size, stride=1):
    return nn.Sequential(nn.Conv2d(channels, filters, size, stride, size // 2, bias=False), nn.BatchNorm2d(filters))


class Block(nn.Module):
    def __init__(self, channels, filters):
        super().__init__()
        stride = 1 if channels == filters else 2
        self.first, self.second = normed(channels, filters, 3, stride), normed(filters, filters, 3)
        self.shortcut = nn.Sequential() if stride == 1 else normed(channels, filters, 1, 2)

    def forward(self, x):
        return self.second(self.first(x).relu_()).add_(self.shortcut(x)).relu_()


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(normed(3, 16, 3), nn.ReLU(inplace=True))
        pairs = (16, 16), (16, 16), (16, 32), (32, 32), (32, 64), (64, 64)
        self.blocks, self.digit = nn.Sequential(*(Block(*p) for p in pairs)), nn.Linear(64, 10)

    def forward(self, image):
        x = image.to(memory_format=torch.channels_last)
        return self.digit(self.blocks(self.first(x)).mean((2, 3)))


model = ResNet()


def losses(image, digit):
    z = model(image)
    return nn.functional.cross_entropy(z, digit), (z.argmax(1) == digit).sum()


flat.train(a.epochs, 128, (flat.pixels(512, 3, 32, 32), flat.skewed(10, 512)), model, losses)
