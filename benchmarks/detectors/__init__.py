"""Precision and recall of the detectors on labelled columns: `make bench-detectors`."""
