"""A password's rules, each behind the one before. One bug."""

import gradio as gr


def judge(word):
    word = word or ""
    if len(word) < 12:
        return "too short"
    if not any(c.isdigit() for c in word):
        return "a digit is missing"
    if not any(c.isupper() for c in word):
        return "a capital is missing"
    if word.endswith("!"):
        return ["good", "better", "best"][word.count("!") + 2]  # bug: all rules and one more
    return "good"


with gr.Blocks() as demo:
    word = gr.Textbox(label="Password")
    out = gr.Textbox(label="Verdict")
    gr.Button("Judge").click(judge, word, out)
