"""Three classifiers of scikit-learn on its 8 x 8 digits. No torch, and nothing of replab here."""

import argparse
import json
import time

from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

MODELS = {
    "linear": lambda seed: SGDClassifier(random_state=seed),
    "forest": lambda seed: RandomForestClassifier(n_estimators=50, random_state=seed),
    "neighbours": lambda seed: KNeighborsClassifier(n_neighbors=3),
}
parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("model", choices=MODELS)
parser.add_argument("--examples", type=int, default=1797)
parser.add_argument("--seed", type=int, default=0, help="of the split and of the classifier")
parser.add_argument("--out", default=".", help="folder for metrics.json")
args = parser.parse_args()
images, labels = load_digits(return_X_y=True)
images, labels = images[: args.examples] / 16, labels[: args.examples]
train_x, test_x, train_y, test_y = train_test_split(images, labels, test_size=0.3, random_state=args.seed)
started = time.perf_counter()
model = MODELS[args.model](args.seed).fit(train_x, train_y)
print(f"{args.model}: fitted in {time.perf_counter() - started:.2f} s")
found = model.predict(test_x)
accuracy, f1 = accuracy_score(test_y, found), f1_score(test_y, found, average="macro")
with open(f"{args.out}/metrics.json", "w") as file:
    json.dump({"test_accuracy": 100 * accuracy, "test_f1": 100 * f1}, file)
