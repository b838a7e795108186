// The drawn graph: zoom, moving by the hand, arrows from box to box, and the slider over days. Without it the drawing scrolls.
import { announce } from "/static/ringfence/live.js";

const SMALLEST = 0.2;
const LARGEST = 3;
const STEP = 1.25;
const DRAG_FROM = 4;

function zooming(figure) {
  const scroll = figure.querySelector(".graph-scroll");
  const drawing = scroll.querySelector("svg");
  const [, , width, height] = drawing.getAttribute("viewBox").split(" ").map(Number);
  let scale = 1;

  function zoom(wanted, at) {
    const next = Math.min(Math.max(wanted, SMALLEST), LARGEST);
    const box = scroll.getBoundingClientRect();
    const x = at ? at.clientX - box.left : scroll.clientWidth / 2;
    const y = at ? at.clientY - box.top : scroll.clientHeight / 2;
    const under = [(scroll.scrollLeft + x) / scale, (scroll.scrollTop + y) / scale];
    scale = next;
    drawing.setAttribute("width", width * scale);
    drawing.setAttribute("height", height * scale);
    scroll.scrollTo(under[0] * scale - x, under[1] * scale - y);
  }

  const acts = {
    in: () => zoom(scale * STEP),
    out: () => zoom(scale / STEP),
    fit: () => zoom(Math.min(scroll.clientWidth / width, scroll.clientHeight / height, 1)),
    full: () => zoom(1),
  };
  function act(name) {
    acts[name]();
    announce(`${Math.round(scale * 100)} %`);
  }
  for (const button of figure.querySelectorAll("[data-graph-zoom]"))
    button.addEventListener("click", () => act(button.dataset.graphZoom));
  scroll.addEventListener("keydown", (event) => {
    const name = { "+": "in", "=": "in", "-": "out", 0: "full" }[event.key];
    if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(name);
  });
  scroll.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(scale * Math.exp(-event.deltaY / 300), event);
    },
    { passive: false },
  );
  return scroll;
}

function moving(scroll) {
  let from = null;
  scroll.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    from = { x: event.clientX, y: event.clientY, left: scroll.scrollLeft, top: scroll.scrollTop, moved: false };
  });
  scroll.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [x, y] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.moved && Math.hypot(x, y) < DRAG_FROM) return;
    if (!from.moved) scroll.setPointerCapture(event.pointerId);
    from.moved = true;
    scroll.dataset.held = "";
    scroll.scrollTo(from.left - x, from.top - y);
  });
  const letGo = () => {
    if (from?.moved) scroll.addEventListener("click", (event) => event.preventDefault(), { capture: true, once: true });
    from = null;
    delete scroll.dataset.held;
  };
  scroll.addEventListener("pointerup", letGo);
  scroll.addEventListener("pointercancel", letGo);
  scroll.addEventListener("dragstart", (event) => event.preventDefault());
}

// Arrows lead to the nearest box in their direction; Tab goes through all of them in order.
const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

function walking(scroll) {
  const boxes = [...scroll.querySelectorAll("a.g-party")];
  const middle = (box) => {
    const at = box.getBoundingClientRect();
    return [at.left + at.width / 2, at.top + at.height / 2];
  };
  scroll.addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    const here = event.target.closest?.("a.g-party");
    if (!way || !here) return;
    const [x, y] = middle(here);
    let best = null;
    for (const box of boxes) {
      if (box === here) continue;
      const [dx, dy] = middle(box).map((value, axis) => value - [x, y][axis]);
      const along = dx * way[0] + dy * way[1];
      const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      if (along > 8 && (!best || along + 3 * aside < best.far)) best = { box, far: along + 3 * aside };
    }
    if (!best) return;
    event.preventDefault();
    best.box.focus();
    best.box.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}

function sliding(form) {
  const slider = form.querySelector("[data-graph-days]");
  if (!slider) return;
  const days = [...document.getElementById(slider.dataset.graphDays).options].map((option) => option.label);
  const field = form.elements.on;
  let byHand = false;
  const began = slider.value;
  slider.addEventListener("pointerdown", () => (byHand = true));
  slider.addEventListener("input", () => {
    field.value = days[slider.value];
    slider.setAttribute("aria-valuetext", days[slider.value]);
  });
  slider.addEventListener("change", () => {
    if (byHand && slider.value !== began) form.requestSubmit();
  });
  slider.addEventListener("keydown", (event) => {
    byHand = false;
    if (event.key !== "Enter") return;
    event.preventDefault();
    form.requestSubmit();
  });
}

for (const figure of document.querySelectorAll("[data-graph]")) {
  const scroll = zooming(figure);
  moving(scroll);
  walking(scroll);
}
for (const form of document.querySelectorAll("[data-graph-form]")) sliding(form);
