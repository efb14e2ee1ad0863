"""A training script as a user would write it: nothing here knows Zafiro."""

import argparse

import mlflow
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--trees", type=int, default=100)
parser.add_argument("--model", required=True)
args = parser.parse_args()

mlflow.autolog(log_models=False)

table = pd.read_csv(args.data)
features, target = table.drop(columns="cultivar").astype(float), table["cultivar"]
train_x, test_x, train_y, test_y = train_test_split(
    features, target, test_size=0.3, random_state=7, stratify=target
)
print(f"{len(train_x)} wines to learn from, {len(test_x)} to be tested on")

with mlflow.start_run():
    forest = RandomForestClassifier(n_estimators=args.trees, random_state=7)
    forest.fit(train_x, train_y)
    guessed = forest.predict(test_x)
    mlflow.log_metric("test_accuracy", accuracy_score(test_y, guessed))
    mlflow.log_metric("test_f1", f1_score(test_y, guessed, average="macro"))
    mlflow.sklearn.save_model(forest, args.model, input_example=train_x.head(3))

print(f"test accuracy {accuracy_score(test_y, guessed):.3f}")
