"""A table typed in: thresholds on counts and lengths. Two bugs."""

import gradio as gr


def total(table, tax):
    rows = [line.split(",") for line in (table or "").splitlines() if line.strip()]
    if not rows:
        return "0"
    wide = max(len(row) for row in rows)
    if len(rows) > 4:
        if wide >= 3:
            return rows[4][wide]  # bug 1: five lines, one of them with three cells
    values = [float(row[-1]) for row in rows if row[-1].strip().isdigit()]
    if tax > 50 and len(values) >= 2:
        return f"{sum(values) / (values[0] - values[0])}"  # bug 2
    return f"{sum(values) * (1 + tax / 100):.2f}"


with gr.Blocks() as demo:
    table = gr.Textbox("tea, 3\nmilk, 1", lines=6, label="Table")
    tax = gr.Slider(0, 100, 19, label="Tax")
    out = gr.Textbox(label="Total")
    gr.Button("Add").click(total, [table, tax], out)
