"""The app held against what it was: a baseline, another commit, another Gradio, another app."""
