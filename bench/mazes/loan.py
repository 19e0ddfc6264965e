"""A loan's plan: numbers that meet. Two bugs."""

import gradio as gr


def plan(amount, income, years, kind):
    amount, income = amount or 0, income or 0
    if amount <= 0 or income <= 0:
        raise gr.Error("Amount and income are above zero")
    rate = {"fixed": 4, "variable": 3}.get(kind, 5)
    if amount > 10 * income:
        if kind == "variable" and years > 25:
            return amount / (years - years)  # bug 1
        return "refused"
    if amount == 3 * income:
        return [rate][years]  # bug 2: exactly three years' income
    return f"{amount * rate / 100 / 12:.2f} a month"


with gr.Blocks() as demo:
    fields = [
        gr.Number(10000, label="Amount"),
        gr.Number(30000, label="Income"),
        gr.Slider(1, 40, 10, step=1, label="Years"),
        gr.Dropdown(["fixed", "variable", "mixed"], value="fixed", label="Kind"),
    ]
    out = gr.Textbox(label="Plan")
    gr.Button("Plan").click(plan, fields, out)
