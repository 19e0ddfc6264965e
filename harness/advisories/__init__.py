"""Published advisories about Gradio: which the app's release has, and which its app shows."""
