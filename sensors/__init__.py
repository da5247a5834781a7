"""REACT: sensors that claim requests and wait for rebuilds."""
