"""What `rtbf files scan` does: which files somebody means, one after the other, and what is told of them."""
