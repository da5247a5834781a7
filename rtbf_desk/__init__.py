"""SHOWS the privacy desk and the `rtbf` command line."""
