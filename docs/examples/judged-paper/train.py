"""Four classifiers on scikit-learn's 8 x 8 digits, ten seeds each, into results.csv. Nothing of replab here.

`python train.py 100` prints one run of each, with seed 100: the numbers of table.tex.
"""

import csv
import sys
import warnings

from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

warnings.simplefilter("ignore", ConvergenceWarning)
images, labels = load_digits(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(images / 16, labels, test_size=0.5, random_state=0, stratify=labels)


def classifiers(seed):
    net = {"max_iter": 30, "learning_rate_init": 0.005, "random_state": seed}
    return {
        "MLP, ReLU": MLPClassifier((64,), activation="relu", **net),
        "MLP, tanh": MLPClassifier((64,), activation="tanh", **net),
        "MLP, logistic": MLPClassifier((64,), activation="logistic", **net),
        "Random forest": RandomForestClassifier(50, random_state=seed),
    }


def measured(seed):
    for name, model in classifiers(seed).items():
        model.fit(train_x, train_y)
        accuracy = 100 * model.score(test_x, test_y)
        yield [name, seed, round(accuracy, 4), round(log_loss(test_y, model.predict_proba(test_x)), 6)]


seeds = [int(seed) for seed in sys.argv[1:]]
rows = [row for seed in seeds or range(10) for row in measured(seed)]
if seeds:
    print(*rows, sep="\n")
else:
    with open("results.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([["variant", "seed", "accuracy", "loss"], *rows])
