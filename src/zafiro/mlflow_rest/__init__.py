"""MLflow's REST protocol: where it is served, what its messages and errors look like, its grammar.

It knows no experiment and no model, as `arm/` knows no resource: slices with a face `mlflow` bring
the verbs.
"""
