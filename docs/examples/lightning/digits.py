"""scikit-learn's 8 x 8 digits as a LightningDataModule, and a perceptron as a LightningModule. Nothing of replab."""

import pytorch_lightning as pl
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset


class Digits(pl.LightningDataModule):
    """1,100 digits to train on, 157 for validation, 540 to test on: the same for every seed."""

    def __init__(self, batch: int = 32) -> None:
        super().__init__()
        self.batch = batch

    def setup(self, stage: str) -> None:
        images, labels = load_digits(return_X_y=True)
        parts = train_test_split(images / 16, labels, test_size=0.3, random_state=0, stratify=labels)
        train_x, test_x, train_y, test_y = map(torch.tensor, parts)
        self.train = TensorDataset(train_x[157:].float(), train_y[157:])
        self.validation = TensorDataset(train_x[:157].float(), train_y[:157])
        self.test = TensorDataset(test_x.float(), test_y)

    def train_dataloader(self) -> DataLoader:
        return DataLoader(self.train, self.batch, shuffle=True)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.validation, 157)

    def test_dataloader(self) -> DataLoader:
        return DataLoader(self.test, 540)


class Perceptron(pl.LightningModule):
    """64 pixels, one hidden layer, ten classes."""

    def __init__(self, hidden: int, dropout: float = 0.0, lr: float = 0.003) -> None:
        super().__init__()
        self.lr = lr
        self.net = nn.Sequential(nn.Linear(64, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 10))

    def training_step(self, batch, _):
        loss = functional.cross_entropy(self.net(batch[0]), batch[1])
        self.log("train/loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch, _):
        self.log("validation/loss", functional.cross_entropy(self.net(batch[0]), batch[1]))

    def test_step(self, batch, _):
        right = self.net(batch[0]).argmax(1) == batch[1]
        self.log("test/accuracy", 100 * right.float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), self.lr)
