// Comfort only: without this script everything can still be read and selected.
"use strict";

for (const block of document.querySelectorAll(".copyable")) {
  const source = block.querySelector("code");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", () => copy(source, button));
  block.append(button);
}

async function copy(source, button) {
  let done = false;
  try {
    await navigator.clipboard.writeText(source.textContent);
    done = true;
  } catch {
    getSelection().selectAllChildren(source);
    done = document.execCommand("copy");
  }
  button.textContent = done ? "Copied" : "Press Ctrl+C";
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

// A traceback says what happened in its last lines.
for (const code of document.querySelectorAll(".code:has(.last)")) {
  code.scrollTop = code.scrollHeight;
}

const form = document.querySelector(".filter");
if (form) {
  const cards = [...document.querySelectorAll(".card")];
  const texts = cards.map((card) => card.textContent.toLowerCase());

  const filter = () => {
    const ticked = [...form.querySelectorAll("[name=severity]:checked")].map((box) => box.value);
    const suite = form.elements.suite.value;
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    cards.forEach((card, index) => {
      const { severity, suite: own } = card.dataset;
      const fits = ticked.includes(severity) && (!suite || suite === own) &&
        words.every((word) => texts[index].includes(word));
      card.hidden = !fits;
      left += fits ? 1 : 0;
    });
    for (const line of document.querySelectorAll("[data-for]")) {
      const card = document.getElementById(line.dataset.for);
      line.hidden = Boolean(card && card.hidden);
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = ![...group.querySelectorAll(".card")].some((card) => !card.hidden);
    }
    form.querySelector("output").textContent =
      left === cards.length ? "" : `${left} of ${cards.length} shown`;
  };

  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.hidden) {
      form.reset();
      filter();
      target.scrollIntoView();
    }
  };

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", reveal);
  filter();
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && location.hash.startsWith("#enlarged-")) {
    location.hash = location.hash.replace("enlarged", "picture");
  }
});

addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
