"""A clock that streams: each output is the time at which it was given, by the machine's clock."""

import time

import gradio as gr


def tick(step, count):
    begun = time.monotonic()
    for number in range(int(count)):
        # The pause is kept by the clock, so that what a step costs does not add up.
        time.sleep(max(0.0, begun + number * step / 1000 - time.monotonic()))
        yield repr(time.monotonic())


with gr.Blocks() as demo:
    step = gr.Number(20, label="Milliseconds")
    count = gr.Number(100, label="Outputs")
    out = gr.Textbox(label="Now")
    gr.Button("Start").click(tick, [step, count], out, api_name="tick")

if __name__ == "__main__":
    demo.launch()
