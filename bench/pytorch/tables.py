#!/usr/bin/python3
"""tables.py FOLDER: the default network of an experiment file in PyTorch, on the tables that "bench job -do tables" wrote
to a folder. One JSON line an epoch. With --whole it validates after each epoch, stops eight epochs after the best one, and
writes that epoch's outputs for the test rows to FOLDER/outputs.N of head N.

All weights are one vector, so that clipping, AdamW and the moving average are a few calls a step, however many weights
there are. Rows of embeddings that a batch does not read keep their weights and moments, as in a lazy Adam."""
import array, copy, json, math, os, time
import torch
from torch import nn
from torch.nn import functional as F
import flat

NONE = -2 ** 31  # the label of a row that has none


def more(a):
    a.add_argument('folder')
    a.add_argument('--seed', type=int, default=1)
    a.add_argument('--whole', action='store_true')


def he(layer, inputs):
    nn.init.normal_(layer.weight, std=math.sqrt(2 / inputs))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def dense(inputs, units):
    return he(nn.Linear(inputs, units), inputs)


class Bag(nn.Module):
    """The mean of the vectors of the ids that are not 0."""

    def __init__(self, ids, width):
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(ids, width) * .02)
        with torch.no_grad():
            self.vectors[0] = 0

    def forward(self, ids):
        return F.embedding_bag(ids, self.vectors, mode='mean', padding_idx=0)


class Wide(nn.Module):
    """The sum of the vectors of the ids that are not 0, divided by the square root of their number."""

    def __init__(self, ids, width):
        super().__init__()
        self.vectors = nn.Parameter(torch.zeros(ids, width))

    def forward(self, ids, root):
        return F.embedding_bag(ids, self.vectors, mode='sum', padding_idx=0) * root


class Text(nn.Module):
    def __init__(self, ids, width):
        super().__init__()
        self.bags = nn.ModuleList(Bag(n, width) for n in ids)
        self.out = nn.Sequential(nn.Dropout(.5), dense(len(ids) * width, width), nn.LayerNorm(width),
                                 nn.ReLU(inplace=True))

    def forward(self, *ids):
        return self.out(torch.cat([bag(i) for bag, i in zip(self.bags, ids)], 1))


class Picture(nn.Module):
    def __init__(self, channels):
        super().__init__()
        parts = []
        for filters in 16, 32, 64:
            conv = he(nn.Conv2d(channels, filters, 3, padding=1, bias=False), 9 * channels)
            parts += [conv, nn.BatchNorm2d(filters), nn.MaxPool2d(2), nn.ReLU(inplace=True)]
            channels = filters
        self.read = nn.Sequential(*parts)
        self.out = nn.Sequential(dense(128, 64), nn.LayerNorm(64), nn.ReLU(inplace=True))

    def forward(self, pixels):
        x = self.read(pixels.permute(0, 3, 1, 2))  # a view, in the layout of channels last
        return self.out(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1))


class Network(nn.Module):
    def __init__(self, inputs, heads):
        super().__init__()
        self.inputs, self.heads, width = inputs, heads, 0
        self.read = nn.ModuleList()
        for i in inputs:
            if i['kind'] == 'text':
                part = Text(i['ids'][:i['read']], i['width'])
            elif i['kind'] == 'image':
                part = Picture(i['shapes'][0][-1])
            elif i['kind'] == 'embedding':
                part = Bag(i['ids'][0], i['width'])
            else:
                part = nn.Identity()
            self.read.append(part)
            width += i['width']
        self.trunk = nn.Sequential(dense(width, 128), nn.ReLU(inplace=True), nn.Dropout(.3),
                                   dense(128, 128), nn.ReLU(inplace=True), nn.Dropout(.3))
        self.out = nn.ModuleList()
        for h in heads:
            head = nn.Linear(128 + (width if h['kind'] == 'category' else 0), h['outputs'])
            nn.init.normal_(head.weight, std=.01)
            with torch.no_grad():
                head.bias.copy_(torch.tensor(h['biases']))
            self.out.append(head)
        self.wide = nn.ModuleList(
            nn.ModuleList(Wide(i['ids'][-1], h['outputs']) for i in inputs if i['wide'])
            for h in heads if h['kind'] == 'category')

    def forward(self, columns):
        parts, wide, at = [], [], 0
        for i, part in zip(self.inputs, self.read):
            read = columns[at:at + len(i['names'])]
            at += len(i['names'])
            if i['wide']:
                wide.append((read[-1], (read[-1] != 0).sum(1, keepdim=True).clamp(min=1).rsqrt()))
                read = read[:i['read']]
            x = part(*read)
            if self.training and i['kind'] in ('text', 'image'):
                x = x * (torch.rand(len(x), 1) >= .15)
            parts.append(x)
        x = torch.cat(parts, 1)
        trunk = self.trunk(x)
        both = torch.cat([trunk, x], 1)
        outputs, linear = [], iter(self.wide)
        for out, h in zip(self.out, self.heads):
            if h['kind'] == 'category':
                outputs.append(sum((w(*x) for w, x in zip(next(linear), wide)), out(both)))
            else:
                outputs.append(out(trunk))
        return outputs


def losses(heads, outputs, labels, smoothing=None):
    """The loss of each head: the mean over the rows that have its label."""
    for h, x, y in zip(heads, outputs, labels):
        if h['kind'] == 'category':
            part = F.cross_entropy(x, y, ignore_index=NONE, reduction='sum',
                                   label_smoothing=h['smoothing'] if smoothing is None else smoothing)
            known = (y != NONE).sum()
        else:
            known = ~y.isnan()
            part = (torch.where(known, x - y, torch.zeros(())) ** 2).sum()
            known = known.sum()
        yield part / known.clamp(min=1)


class Trainer:
    """AdamW with lazy embeddings, clipping to a norm of 1, and a moving average of the weights."""

    def __init__(self, model, rate=.004):
        named = list(model.named_parameters())
        self.model, self.leaves, self.rate, self.step = model, [p for _, p in named], rate, 0
        vectors = [n.endswith('vectors') for n, _ in named]
        both = list(zip(vectors, self.leaves))
        self.w = torch.cat([p.detach().reshape(-1) for p in self.leaves])
        flags = [torch.full((p.numel(),), flag) for p, flag in zip(self.leaves, vectors)]
        self.always = ~torch.cat(flags)
        decays = [p.dim() > 1 and not v for v, p in both]
        self.keep = torch.cat([torch.full((p.numel(),), 1 - rate * .01 * d) for p, d in zip(self.leaves, decays)])
        self.m, self.v, at = torch.zeros_like(self.w), torch.zeros_like(self.w), 0
        for p in self.leaves:
            p.data = self.w[at:at + p.numel()].view(p.shape)
            at += p.numel()
        self.mean = self.w.clone()
        self.norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
        self.statistics = [b.clone() for m in self.norms for b in (m.running_mean, m.running_var)]

    def update(self, loss):
        g = torch.cat([x.reshape(-1) for x in torch.autograd.grad(loss, self.leaves)])
        self.step += 1
        rate = self.rate * (1 - .999 ** self.step) ** .5 / (1 - .9 ** self.step)
        epsilon = 1e-8 * (1 - .999 ** self.step) ** .5
        with torch.no_grad():
            g.mul_((1 / (g.norm() + 1e-12)).clamp(max=1))
            read = (self.always | (g != 0)).float()
            self.w.mul_(self.keep)
            self.m.addcmul_(g - self.m, read, value=.1)
            self.v.addcmul_(g * g - self.v, read, value=.001)
            self.w.addcdiv_(self.m * read, self.v.sqrt().add_(epsilon), value=-rate)
            t = self.step
            new = 1. if t == 1 else 1 - min(.98, (1 + t) / (10 + t))
            self.mean.lerp_(self.w, new)
            for to, b in zip(self.statistics, (b for m in self.norms for b in (m.running_mean, m.running_var))):
                to.lerp_(b, new)

    def averaged(self):
        """A copy of the model with the averages."""
        model, at = copy.deepcopy(self.model).eval(), 0
        for p in model.parameters():
            p.data = self.mean[at:at + p.numel()].view(p.shape).clone()
            at += p.numel()
        statistics = iter(self.statistics)
        for m in model.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.running_mean.copy_(next(statistics))
                m.running_var.copy_(next(statistics))
        return model


def read(folder, meta, part):
    """The columns of a part: those of the inputs, and those of the heads."""
    kinds = {'float32': (torch.float32, 'f'), 'int32': (torch.int32, 'i')}
    lists = []
    for name in 'inputs', 'labels':
        columns = []
        for i, c in enumerate(meta[name]):
            kind, code = kinds[c['type']]
            values = array.array(code)
            path = os.path.join(folder, f'{part}.{name}.{i}')
            values.fromfile(open(path, 'rb'), os.path.getsize(path) // 4)
            x = torch.frombuffer(values, dtype=kind).clone().view(-1, *c['shape'])
            columns.append(x.long() if kind == torch.int32 else x)
        lists.append(columns)
    return lists


def rule(heads, model, columns, labels):
    """The figure that decides which epoch is kept: less is better."""
    with torch.no_grad():
        outputs = model(columns)
    total = 0
    for h, x, y, loss in zip(heads, outputs, labels, losses(heads, outputs, labels, 0.)):
        if h['kind'] == 'category':
            known = y != NONE
            error = -(x.argmax(1) == y)[known].float().mean()
        else:
            known = ~y.isnan()
            error = (x - y).abs()[known].mean() * h['std']
        total += loss * h['loss_factor'] + error.abs() * h['answers_factor']
    return float(total)


def main():
    a = flat.arguments(more)
    torch.manual_seed(a.seed)
    meta = json.load(open(os.path.join(a.folder, 'meta.json')))
    heads = meta['heads']
    columns, labels = read(a.folder, meta, 'train')
    model = Network(meta['columns'], heads)
    trainer, batch, rows = Trainer(model), meta['batch'], len(labels[0])
    best, kept, since = math.inf, None, 0
    if a.whole:
        validation, test = read(a.folder, meta, 'validation'), read(a.folder, meta, 'test')
    for epoch in range(1, (100 if a.whole else a.epochs) + 1):
        began, order = time.perf_counter(), torch.randperm(rows)
        for i in range(0, rows - batch + 1, batch):
            at = order[i:i + batch]
            outputs = model([c[at] for c in columns])
            trainer.update(sum(losses(heads, outputs, [y[at] for y in labels])))
        line = dict(epoch=epoch, train_s=time.perf_counter() - began)
        if a.whole:
            average = trainer.averaged()
            line['rule'] = rule(heads, average, *validation)
            since += 1
            if line['rule'] < best:
                best, kept, since = line['rule'], average, 0
        print(json.dumps(line), flush=True)
        if a.whole and since == 8:
            break
    if a.whole:
        with torch.no_grad():
            outputs = kept(test[0])
        for i, (h, x) in enumerate(zip(heads, outputs)):
            if h['kind'] == 'category':
                x = torch.softmax(x, 1)
            values = array.array('f', x.reshape(-1).tolist())
            values.tofile(open(os.path.join(a.folder, f'outputs.{i}'), 'wb'))


if __name__ == '__main__':
    main()
