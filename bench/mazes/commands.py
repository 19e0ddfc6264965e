"""A chat's slash commands, with arguments. Three bugs."""

import gradio as gr

NOTES = {}


def answer(text):
    words = (text or "").strip().split()
    if not words:
        return "Say something"
    if words[0].startswith("/"):
        command = words[0][1:]
        if command == "roll":
            sides = int(words[1]) if len(words) > 1 and words[1].isdigit() else 6
            return f"{4 % sides + 1}"  # bug 1: /roll 0
        if command == "repeat":
            if len(words) < 3:
                return "Usage: /repeat COUNT WORD"
            if words[1].isdigit():
                return " ".join(words[2:3] * (int(words[1]) % 9))
            return words[2] * words[1]  # bug 2: a count in letters
        if command == "undo":
            if len(words) == 2 and words[1] == "all":
                return NOTES["last"]  # bug 3: nothing to undo
            return "Nothing undone"
        return f"Unknown command {command}"
    return f"You said {len(words)} words"


with gr.Blocks() as demo:
    text = gr.Textbox(label="Message")
    out = gr.Textbox(label="Answer")
    text.submit(answer, text, out)
