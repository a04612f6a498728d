#!/usr/bin/python3
"""How long a forward pass and the gradients of inputs and weights take for single layers, as one JSON line. Arguments
are NAME=INPUTS,ROWS,... with channels last, as Braid has them. The faster layout of images counts."""
import json, time
import torch
from torch import nn
import flat

F = nn.functional


def last(recurrent):
    return lambda x: recurrent(x)[0][-1]


def both_ends(recurrent):
    def run(x):
        y = recurrent(x)[0]
        return torch.cat([y[-1, :, :64], y[0, :, 64:]], 1)
    return run


# By layout of the input: as Braid's; images with the channels first or last; sequences with the channels first, or
# with the steps first. A layer is a function, and the module that has its weights.
AS_IS, IMAGE, CHANNELS, STEPS, IDS = range(5)


def layers():
    def module(layout, m):
        return layout, m, m

    def plain(f):
        return AS_IS, f, None

    lstm, gru, rnn, two = nn.LSTM(64, 64), nn.GRU(64, 64), nn.RNN(64, 64), nn.LSTM(64, 64, bidirectional=True)
    attention = nn.MultiheadAttention(128, 4, batch_first=True)
    return {
        'Conv2D': module(IMAGE, nn.Conv2d(64, 64, 3, padding=1, bias=False)),
        'Conv2D of pixels': module(IMAGE, nn.Conv2d(64, 64, 1)),
        'Conv2D with strides': module(IMAGE, nn.Conv2d(64, 64, 3, 2, padding=1, bias=False)),
        'Conv2D with dilation': module(IMAGE, nn.Conv2d(64, 64, 3, padding=2, dilation=2)),
        'Conv2D in 4 groups': module(IMAGE, nn.Conv2d(64, 64, 3, padding=1, groups=4)),
        'DepthwiseConv2D': module(IMAGE, nn.Conv2d(64, 64, 3, padding=1, groups=64)),
        'MaxPooling2D': module(IMAGE, nn.MaxPool2d(2)),
        'MaxPooling2D 3x3': module(IMAGE, nn.MaxPool2d(3, 1)),
        'AveragePooling2D': module(IMAGE, nn.AvgPool2d(2)),
        'GlobalAveragePooling2D': (IMAGE, lambda x: x.mean((2, 3)), None),
        'GlobalMaxPooling2D': (IMAGE, lambda x: x.amax((2, 3)), None),
        'BatchNormalization': module(IMAGE, nn.BatchNorm2d(64)),
        'UpSampling2D': module(IMAGE, nn.Upsample(scale_factor=2)),
        'ZeroPadding2D': module(IMAGE, nn.ZeroPad2d(1)),
        'SpatialDropout2D': module(IMAGE, nn.Dropout2d(.5)),
        'Dense': module(AS_IS, nn.Linear(128, 128)),
        'Conv1D': module(CHANNELS, nn.Conv1d(128, 128, 3, padding=1)),
        'MaxPooling1D': module(CHANNELS, nn.MaxPool1d(2)),
        'AveragePooling1D': module(CHANNELS, nn.AvgPool1d(2)),
        'GlobalAveragePooling1D': plain(lambda x: x.mean(1)),
        'GlobalMaxPooling1D': plain(lambda x: x.amax(1)),
        'LayerNormalization': module(AS_IS, nn.LayerNorm(128)),
        'MultiHeadAttention': (AS_IS, lambda x: attention(x, x, x, need_weights=False)[0], attention),
        'TransformerEncoder': module(STEPS, nn.TransformerEncoderLayer(128, 4, 512, 0., norm_first=True)),
        'AxisSoftmax': plain(lambda x: x.softmax(1)),
        'Sum': plain(lambda x: x.sum(-1)),
        'Permute': plain(lambda x: x.transpose(1, 2).contiguous()),
        'Dropout': module(AS_IS, nn.Dropout(.5)),
        'SpatialDropout1D': module(CHANNELS, nn.Dropout1d(.5)),
        'GaussianNoise': plain(lambda x: x + torch.randn_like(x) * .1),
        'Add': plain(torch.add),
        'Subtract': plain(torch.sub),
        'Multiply': plain(torch.mul),
        'Average': plain(lambda x, y: (x + y) / 2),
        'Maximum': plain(torch.maximum),
        'Minimum': plain(torch.minimum),
        'Concatenate': plain(lambda *x: torch.cat(x, -1)),
        'LSTM': (STEPS, last(lstm), lstm),
        'GRU': (STEPS, last(gru), gru),
        'SimpleRNN': (STEPS, last(rnn), rnn),
        'Bidirectional LSTM': (STEPS, both_ends(two), two),
        'Embedding': module(IDS, nn.Embedding(10000, 64)),
        'BagEmbedding': module(IDS, nn.EmbeddingBag(10000, 64)),
        'Activation relu': plain(torch.relu),
        'Activation sigmoid': plain(torch.sigmoid),
        'Activation tanh': plain(torch.tanh),
        'Activation softmax': plain(lambda x: x.softmax(-1)),
        'Activation gelu': plain(F.gelu),
        'Activation gelu_tanh': module(AS_IS, nn.GELU('tanh')),
        'Activation silu': plain(F.silu),
        'Activation elu': plain(F.elu),
        'Activation selu': plain(F.selu),
        'Activation leaky_relu': module(AS_IS, nn.LeakyReLU(.2)),
        'Activation softplus': plain(F.softplus),
        'Activation softsign': plain(F.softsign),
        'Activation hard_sigmoid': plain(F.hardsigmoid),
        'Activation exponential': plain(torch.exp),
        'Activation mish': plain(F.mish),
    }


def inputs(layout, shape):
    """The forms in which an input may be given."""
    if layout == IDS:
        return [flat.skewed(10000, *shape)]
    x = torch.randn(shape)
    if layout == IMAGE:
        x = x.permute(0, 3, 1, 2)
        return [x, x.contiguous()]
    return [{AS_IS: x, CHANNELS: x.transpose(1, 2), STEPS: x.transpose(0, 1)}[layout].contiguous()]


def measure(run, module, arguments, budget=.1):
    """The median time of a call and its gradients."""
    leaves = [x.requires_grad_() for x in arguments if x.is_floating_point()]
    leaves += module.parameters() if isinstance(module, nn.Module) else []
    out, times, began = None, [], time.perf_counter()
    while not times or time.perf_counter() < began + budget:
        start = time.perf_counter()
        y = run(*arguments)
        if out is None:
            out = torch.randn_like(y)
        torch.autograd.grad(y, leaves, out)
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


def main():
    a = flat.arguments(lambda parser: parser.add_argument('layers', nargs='+'))
    known, times = layers(), {}
    for argument in a.layers:
        name, numbers = argument.split('=')
        count, *shape = map(int, numbers.split(','))
        layout, run, module = known[name]
        forms = zip(*(inputs(layout, shape) for _ in range(count)))
        times[name] = min(measure(run, module, list(form)) for form in forms)
    print(json.dumps(times))


main()
