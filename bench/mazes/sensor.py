"""Narrow ranges of numbers, one inside the other. Two bugs."""

import gradio as gr


def classify(temperature, pressure, mode):
    temperature, pressure = temperature or 0, pressure or 0
    if mode == "vacuum" and pressure > 0:
        raise gr.Error("There is no pressure in a vacuum")
    if 371 <= temperature <= 375:
        if 100 < pressure < 103:
            return ["liquid", "gas"][int(temperature)]  # bug 1: at the boiling point
        return "near boiling"
    if temperature < -273:
        if mode == "vacuum" and temperature > -280:
            return "cold" + temperature  # bug 2
        return "impossible"
    return "solid" if temperature < 0 else "liquid"


with gr.Blocks() as demo:
    fields = [
        gr.Number(20, label="Temperature"),
        gr.Number(1, label="Pressure"),
        gr.Radio(["air", "vacuum"], value="air", label="Mode"),
    ]
    out = gr.Textbox(label="State")
    gr.Button("Classify").click(classify, fields, out)
