"""Three classifiers on scikit-learn's 8 x 8 digits, eight seeds each, logged as many people do. Nothing of replab here.

Writes logs/VARIANT_seedK/version_0/ (Lightning's CSVLogger) and wandb_export.csv (the columns of a runs table).
"""

import csv

import numpy as np
from pytorch_lightning.loggers import CSVLogger
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

HIDDEN = {"linear": (), "300": (300,), "300-100": (300, 100)}
EPOCHS = 10
images, labels = load_digits(return_X_y=True)
parts = train_test_split(images / 16, labels, test_size=0.3, random_state=0, stratify=labels)
train_x, test_x, train_y, test_y = parts
rows = []
for variant, hidden in HIDDEN.items():
    for seed in range(8):
        model = MLPClassifier(hidden, learning_rate_init=0.003, batch_size=64, random_state=seed)
        logger = CSVLogger("logs", name=f"{variant}_seed{seed}", version=0)
        logger.log_hyperparams({"hidden": variant, "seed": seed, "lr": 0.003})
        for epoch in range(EPOCHS):
            model.partial_fit(train_x, train_y, classes=np.arange(10))
            logger.log_metrics({"train_loss": model.loss_, "epoch": epoch}, step=epoch)
            error = 100 * (1 - model.score(test_x, test_y))
            logger.log_metrics({"test_error": error, "epoch": epoch}, step=epoch)
        logger.save()
        rows.append([f"{variant}-{seed}", "finished", "", variant, seed, 0.003, round(1 - error / 100, 6)])
with open("wandb_export.csv", "w", newline="") as file:
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([["Name", "State", "Tags", "hidden", "seed", "lr", "test/accuracy"], *rows])
