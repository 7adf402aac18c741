"""Prints the versions of Python and of the peers as one line."""

import platform

import numpy
import pandas
import polars
import scipy

modules = [numpy, scipy, pandas, polars]
named = [f"{module.__name__} {module.__version__}" for module in modules]
print(", ".join([f"Python {platform.python_version()}", *named]))
