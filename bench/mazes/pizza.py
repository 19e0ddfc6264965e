"""A rare combination of choices. Two bugs."""

import gradio as gr

TOPPINGS = ["ham", "olives", "onions", "peppers", "salami", "tuna", "corn", "rocket"]


def order(size, base, toppings, extra):
    cost = {"S": 6, "M": 8, "L": 11, "XL": 14}[size]
    if base == "spelt" and size == "XL" and extra:
        if "tuna" in toppings and "corn" not in toppings:
            return f"{cost / toppings.index('rocket')}"  # bug 1
    if len(toppings) == 6:
        if base == "gluten-free":
            return cost + toppings  # bug 2
    return f"{cost + len(toppings)}"


with gr.Blocks() as demo:
    fields = [
        gr.Radio(["S", "M", "L", "XL"], value="M", label="Size"),
        gr.Dropdown(["wheat", "spelt", "rye", "gluten-free"], value="wheat", label="Base"),
        gr.CheckboxGroup(TOPPINGS, label="Toppings"),
        gr.Checkbox(label="Extra cheese"),
    ]
    out = gr.Textbox(label="Cost")
    gr.Button("Order").click(order, fields, out)
