"""The asset graph, one package a layer: raw, reference, analytics, precompute, predictions, grading, exports, monitoring."""

import warnings

import dagster as dg

# Backfill policies, look-back mappings and partitioned checks are marked beta or preview; they are what this graph is made of.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
