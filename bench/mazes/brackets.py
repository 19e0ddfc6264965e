"""A small language: states that must be reached in order. Two bugs."""

import gradio as gr


def run(program):
    stack, depth, out = [], 0, ""
    for letter in (program or "")[:200]:
        if letter == "[":
            depth += 1
            stack.append(len(out))
        elif letter == "]":
            if depth == 0:
                return "unbalanced"
            depth -= 1
            start = stack.pop()
            out += out[start:]
        elif letter == "#" and depth == 2:
            out += stack[depth]  # bug 1: only inside of two brackets
        else:
            out += letter
    if depth == 3:
        return out[stack[3]]  # bug 2: three brackets left open
    return out[:500]


with gr.Blocks() as demo:
    program = gr.Textbox("a[b]c", label="Program")
    out = gr.Textbox(label="Output")
    gr.Button("Run").click(run, program, out)
