"""The pages of the desk: what is read and written for them, and the words on them."""
