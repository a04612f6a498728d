"""Training as fast as eager PyTorch was found to go, for the scripts of networks. One JSON line an epoch."""
import argparse, ctypes, json, time
import torch


class Adam:
    """Adam over all parameters as one flat vector, in place: a few vector calls a step, however many parameters.
    With decay it is AdamW: matrices decay, but for those of the parts of the model in kept."""

    def __init__(self, model, rate=1e-3, decay=0., kept=()):
        named = list(model.named_parameters())
        self.leaves, self.rate, self.step = [p for _, p in named], rate, 0
        self.decay = None if not decay else torch.cat([
            torch.full((p.numel(),), rate * decay * (p.dim() > 1 and name.split('.')[0] not in kept))
            for name, p in named])
        self.w = torch.cat([p.detach().reshape(-1) for p in self.leaves])
        self.m, self.v, at = torch.zeros_like(self.w), torch.zeros_like(self.w), 0
        for p in self.leaves:
            p.data = self.w[at:at + p.numel()].view(p.shape)
            at += p.numel()

    def update(self, loss):
        g = torch.cat([x.reshape(-1) for x in torch.autograd.grad(loss, self.leaves)])
        self.step += 1
        rate = self.rate * (1 - .999 ** self.step) ** .5 / (1 - .9 ** self.step)
        with torch.no_grad():
            if self.decay is not None:
                self.w.addcmul_(self.w, self.decay, value=-1)
            self.m.mul_(.9).add_(g, alpha=.1)
            self.v.mul_(.999).addcmul_(g, g, value=.001)
            self.w.addcdiv_(self.m, self.v.sqrt().add_(1e-7), value=-rate)


def arguments(more=None):
    """The flags of a script. more adds some to the parser."""
    a = argparse.ArgumentParser()
    a.add_argument('--epochs', type=int, default=3)
    a.add_argument('--threads', type=int, default=1)
    if more:
        more(a)
    a = a.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(a.threads)
    torch.set_flush_denormal(True)
    # Without this malloc gives freed tensors back to the system at every step, and the text network takes two to
    # three times as long: M_MMAP_THRESHOLD and M_TRIM_THRESHOLD.
    malloc = ctypes.CDLL(None)
    malloc.mallopt(-3, 1 << 30)
    malloc.mallopt(-1, 1 << 30)
    return a


def skewed(limit, *shape):
    """Ids below limit, the lower the more often, as Braid's side of the benchmark draws them."""
    return (torch.rand(shape) ** 2 * limit).long()


def pixels(*shape):
    """Mostly dark bytes, standardized."""
    x = (torch.randint(0, 256, shape) & torch.randint(0, 256, shape)).float()
    return (x - x.mean()) / x.std()


def train(epochs, batch, columns, model, losses, **settings):
    """Goes through shuffled columns; losses gives a batch's loss and its count of right answers. Nothing is read
    from a tensor within an epoch. settings are Adam's."""
    adam, rows = Adam(model, **settings), len(columns[0])
    for epoch in range(1, epochs + 1):
        began, total = time.perf_counter(), torch.zeros(2)
        order = torch.randperm(rows)
        for i in range(0, rows, batch):
            at = order[i:i + batch]
            loss, right = losses(*[c[at] for c in columns])
            adam.update(loss)
            total += torch.stack([loss.detach() * len(at), right.float()])
        took, (loss, right) = time.perf_counter() - began, (total / rows).tolist()
        print(json.dumps(dict(epoch=epoch, train_s=took, loss=loss, accuracy=right)), flush=True)
