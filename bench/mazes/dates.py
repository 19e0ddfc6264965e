"""Days until a birthday, typed. Two bugs."""

from datetime import date

import gradio as gr


def until(born):
    parts = (born or "").split("-")
    if len(parts) != 3 or not all(p.isdigit() for p in parts):
        raise gr.Error("Write the date as 1999-12-31")
    year, month, day = map(int, parts)
    if year < 1900 or not 1 <= month <= 12 or not 1 <= day <= 31:
        raise gr.Error("There is no such day")
    if month == 2 and day == 29:
        return f"{date(2025, month, day)}"  # bug 1: no leap year
    if day == 31:
        return f"{date(2025, month, day)}"  # bug 2: months of thirty days
    return f"{date(2025, month, day)}" if day <= 28 else "soon"


with gr.Blocks() as demo:
    born = gr.Textbox("1999-12-01", label="Born")
    out = gr.Textbox(label="Next")
    gr.Button("Tell").click(until, born, out)
