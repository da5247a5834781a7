"""OBSERVE: what is still there (residual), came back (resurrection), or was never declared."""
