"""Several visitors on one app: what they do to each other, and what many steps of one lead to."""
