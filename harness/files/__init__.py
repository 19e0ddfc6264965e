"""What visitors do with files and paths: what they may not read, what must come back whole."""
