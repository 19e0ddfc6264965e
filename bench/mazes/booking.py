"""A hotel's price: rules behind rules over several fields. Three bugs."""

import gradio as gr


def price(nights, guests, room, breakfast, code):
    total = nights * {"single": 60, "double": 90, "suite": 210}[room]
    if guests > 2:
        if room == "single":
            raise gr.Error("Too many guests for a single room")
        if room == "suite":
            if breakfast and nights >= 14:
                total -= [50, 80][guests]  # bug 1: long stay of a family in the suite
        elif nights > 20 and not breakfast:
            total /= guests - guests  # bug 2: a month in a double room without breakfast
    if code == "WINTER-24":
        if nights == 7:
            total = total[0]  # bug 3: the winter week
        else:
            total *= 0.9
    return f"{total:.2f}"


with gr.Blocks() as demo:
    fields = [
        gr.Slider(1, 30, 2, step=1, label="Nights"),
        gr.Slider(1, 6, 1, step=1, label="Guests"),
        gr.Radio(["single", "double", "suite"], value="single", label="Room"),
        gr.Checkbox(label="Breakfast"),
        gr.Textbox(label="Code"),
    ]
    out = gr.Textbox(label="Price")
    gr.Button("Price").click(price, fields, out)
