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

// The last run is the one that is wanted.
for (const box of document.querySelectorAll(".strip-box")) box.scrollLeft = box.scrollWidth;

// What a picture says of a place is shown at once there, not after the browser's own pause.
const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
document.body.append(tip);

for (const title of document.querySelectorAll("svg[role=img] > title, svg[role=img] * > title")) {
  const place = title.parentElement;
  if (place.matches("svg")) place.setAttribute("aria-label", title.textContent);
  else place.dataset.tip = title.textContent;
  if (place.matches("svg")) place.removeAttribute("aria-labelledby");
  title.remove();
}

addEventListener("pointermove", (event) => {
  const place = event.target.closest?.("[data-tip]");
  tip.hidden = !place;
  if (!place) return;
  tip.textContent = place.dataset.tip;
  const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${event.clientY + 18}px`;
});

// Lines of time get wider and not higher; words keep their shape.
for (const box of document.querySelectorAll(".zoomable")) {
  const picture = box.querySelector("svg");
  let times = 1;
  const zoom = (factor) => {
    const middle = (box.scrollLeft + box.clientWidth / 2) / box.scrollWidth;
    if (times === 1) picture.style.height = `${picture.clientHeight}px`;
    times = Math.min(32, Math.max(1, times * factor));
    picture.style.width = `${times * 100}%`;
    picture.style.setProperty("--times", times);
    picture.setAttribute("preserveAspectRatio", times === 1 ? "xMidYMid" : "none");
    if (times === 1) picture.style.removeProperty("height");
    box.scrollLeft = middle * box.scrollWidth - box.clientWidth / 2;
  };
  const buttons = document.createElement("p");
  buttons.className = "zoom";
  for (const [sign, name, factor] of [["−", "Narrower", 0.5], ["+", "Wider", 2]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = sign;
    button.setAttribute("aria-label", name);
    button.addEventListener("click", () => zoom(factor));
    buttons.append(button);
  }
  box.before(buttons);
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
  for (const part of document.querySelectorAll("details:not(.data)")) part.open = true;
});
