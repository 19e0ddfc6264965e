"""The least that an app can do, for eight visitors at once: what is left is the way there."""

import gradio as gr


def greet(name):
    return f"Hello, {name}!"


with gr.Blocks() as demo:
    name = gr.Textbox("Ada", label="Name")
    out = gr.Textbox(label="Greeting")
    gr.Button("Greet").click(greet, name, out, concurrency_limit=8)

if __name__ == "__main__":
    demo.launch()
