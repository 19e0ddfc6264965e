"""The app that `make advisories` serves on each release: one of each field that matters."""

import gradio as gr


def same(value):
    return value


def named(value):
    return str(value)


with gr.Blocks() as demo:
    text = gr.Textbox(label="Text")
    choice = gr.Dropdown(["a", "b"], value="a", label="Choice")
    file = gr.File(label="File", type="binary")
    tree = gr.FileExplorer(label="Tree", file_count="single")
    shown = gr.JSON(label="Shown")
    out = gr.File(label="Out")
    said = gr.Textbox(label="Said")
    gr.Button("Parse").click(same, text, shown, api_name="parse")
    gr.Button("Fetch").click(same, text, out, api_name="fetch")
    gr.Button("Choose").click(named, choice, said, api_name="choose")
    gr.Button("Read").click(named, file, said, api_name="read")
    gr.Button("Pick").click(named, tree, said, api_name="pick")

if __name__ == "__main__":
    demo.launch()
