"""Trains with autolog in the client's own environment: `train.py {lightgbm|pytorch}`.

Prints JSON: the run, and whether the model that was logged predicts the same when it is loaded.
"""

import json
import sys
import warnings

import mlflow
import numpy as np

warnings.filterwarnings("ignore")
X = np.random.default_rng(0).random((64, 3)).astype("float32")
Y = (X[:, 0] > 0.5).astype(int)


def lightgbm() -> tuple[object, object, object]:
    import lightgbm

    mlflow.lightgbm.autolog(log_models=False)

    def fit() -> object:
        data = lightgbm.Dataset(X, Y, free_raw_data=False)
        wanted = {"objective": "binary", "num_leaves": 4, "min_data_in_leaf": 2, "verbose": -1}
        return lightgbm.train(wanted, data, num_boost_round=5, valid_sets=[data])

    return mlflow.lightgbm, fit, lambda m: m.predict(X), {}


def pytorch() -> tuple[object, object, object]:
    import pytorch_lightning as lightning
    import torch

    mlflow.pytorch.autolog(log_every_n_epoch=1, log_models=False)
    x, y = torch.from_numpy(X), torch.from_numpy(Y).float()

    class Line(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(3, 1)

        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            return self.layer(batch).squeeze(-1)

        def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
            loss = torch.nn.functional.mse_loss(self(batch[0]), batch[1])
            self.log("train_loss", loss, on_step=False, on_epoch=True)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    def fit() -> torch.nn.Module:
        model = Line()
        rows = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=16)
        trainer = lightning.Trainer(
            max_epochs=3,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(model, rows)
        return model

    def predict(model: torch.nn.Module) -> np.ndarray:
        with torch.no_grad():
            return model(x).numpy()

    return mlflow.pytorch, fit, predict, {"serialization_format": "pickle"}


kind = sys.argv[1]
mlflow.set_experiment(f"matrix {kind}")
flavor, fit, predict, how = {"lightgbm": lightgbm, "pytorch": pytorch}[kind]()
with mlflow.start_run() as run:
    model = fit()
    # Not autolog's own: to find out what the model needs it starts a Python that imports everything.
    made = flavor.log_model(model, name="by-hand", pip_requirements=["numpy"], **how)
expected = predict(model)
by_run = flavor.load_model(f"runs:/{run.info.run_id}/by-hand")
by_id = flavor.load_model(f"models:/{made.model_id}")
same = all(np.allclose(predict(loaded), expected) for loaded in (by_run, by_id))
print(json.dumps({"run": run.info.run_id, "model": made.model_id, "same": same}))
