"""Training as fast as eager PyTorch was found to go, for wide.py and text.py. One JSON line an epoch."""
import argparse, ctypes, json, time
import torch


class Adam:
    """Adam over all parameters as one flat vector, in place: a few vector calls a step, however many parameters."""

    def __init__(self, model, rate=1e-3):
        self.leaves, self.rate, self.step = list(model.parameters()), rate, 0
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
            self.m.mul_(.9).add_(g, alpha=.1)
            self.v.mul_(.999).addcmul_(g, g, value=.001)
            self.w.addcdiv_(self.m, self.v.sqrt().add_(1e-7), value=-rate)


def arguments():
    a = argparse.ArgumentParser()
    a.add_argument('--epochs', type=int, default=3)
    a.add_argument('--threads', type=int, default=1)
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


def train(epochs, batch, columns, model, losses):
    """Goes through shuffled columns; losses gives a batch's loss and its count of right answers. Nothing is read
    from a tensor within an epoch."""
    adam, rows = Adam(model), len(columns[0])
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
