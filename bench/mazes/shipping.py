"""Weights, zones and a voucher that is worked out. Two bugs."""

import gradio as gr


def ship(weight, zone, voucher, express):
    weight = weight or 0
    if weight <= 0:
        raise gr.Error("Nothing weighs that little")
    fee = weight * zone
    if voucher:
        kind, _, value = voucher.partition(":")
        if kind == "percent":
            if value.isdigit():
                number = int(value)
                if number > 100:
                    return fee / (fee - fee)  # bug 1: more than everything
                fee -= fee * number / 100
        elif kind == "free" and express and zone == 5:
            return voucher[len(voucher)]  # bug 2
    return f"{fee:.2f}"


with gr.Blocks() as demo:
    fields = [
        gr.Number(2, label="Weight"),
        gr.Slider(1, 5, 1, step=1, label="Zone"),
        gr.Textbox(label="Voucher", placeholder="percent:10"),
        gr.Checkbox(label="Express"),
    ]
    out = gr.Textbox(label="Fee")
    gr.Button("Ship").click(ship, fields, out)
