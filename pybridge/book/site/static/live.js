// Figures that compute: <div class="live" data-live="NAME"> holds a still one, for paper and for pages without scripts,
// and live-NAME.js puts one that moves above it. This file has what they share.
const LIVE_FIGURES = ["learning-rate", "descent", "matrix"];
const live = {};
const still = matchMedia("(prefers-reduced-motion: reduce)");

// A number as it is written: few digits, a true minus, no needless zeros.
const written = (x, digits = 4) => {
  if (!Number.isFinite(x)) return x > 0 ? "infinite" : x < 0 ? "minus infinite" : "no number";
  const size = Math.abs(x);
  const [factor, power] = x.toExponential(2).split("e");
  const raised = Number(power) < 0 ? `⁻${-power}` : String(Number(power));
  const text = size !== 0 && (size >= 1e7 || size < 10 ** -digits)
    ? `${Number(factor)} × 10${raised.replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit])}`
    : String(Number(x.toFixed(digits)));
  return text.replace(/^-/, "−").replace(/^−0$/, "0");
};

const drawing = (name, attributes = {}, children = []) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

const made = (name, attributes = {}, children = []) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

// A slider with its name and its value in words.
const slider = (label, { min, max, step, value, digits = 3 }, changed) => {
  const input = made("input", { type: "range", min, max, step, value });
  const output = made("span", { class: "live-value", "aria-hidden": "true" }, [written(value, digits)]);
  const set = (next) => {
    input.value = next;
    output.textContent = written(Number(input.value), digits);
  };
  input.addEventListener("input", () => { set(input.value); changed(); });
  return { row: made("label", { class: "live-slider" }, [made("span", {}, [label]), input, output]), get value() { return Number(input.value); }, set };
};

const press = (label, pressed) => {
  const button = made("button", { type: "button" }, [label]);
  button.addEventListener("click", pressed);
  return button;
};

// A button that lets the steps run; where motion is not wanted, each press goes one step.
const runner = (steps, most, draw) => {
  let timer = 0;
  const button = press("", () => (timer ? stop() : start()));
  const name = () => { button.textContent = timer ? "Stop" : still.matches ? "Next step" : "Run"; };
  const stop = () => { clearInterval(timer); timer = 0; name(); };
  const next = () => {
    steps.set(Math.min(steps.value + 1, most));
    draw();
    if (steps.value >= most) stop();
  };
  const start = () => {
    if (steps.value >= most) steps.set(0);
    if (still.matches) next();
    else { steps.set(0); draw(); timer = setInterval(next, 150); name(); }
  };
  still.addEventListener("change", stop);
  name();
  return button;
};

// Axes of a drawing: from the reader's numbers to pixels, with ticks.
const frame = ({ width, height, x: [left, right], y: [low, high], ticks = {}, names = ["", ""] }) => {
  const pad = { left: 66, right: 14, top: 14, bottom: 54 };
  const across = (x) => pad.left + (x - left) / (right - left) * (width - pad.left - pad.right);
  const up = (y) => height - pad.bottom - (y - low) / (high - low) * (height - pad.top - pad.bottom);
  const axes = drawing("g", { class: "live-axes" });
  for (const x of ticks.x ?? []) {
    axes.append(drawing("line", { x1: across(x), x2: across(x), y1: up(low), y2: up(high) }), drawing("text", { x: across(x), y: up(low) + 22, "text-anchor": "middle" }, [written(x)]));
  }
  for (const y of ticks.y ?? []) {
    axes.append(drawing("line", { x1: across(left), x2: across(right), y1: up(y), y2: up(y) }), drawing("text", { x: across(left) - 8, y: up(y) + 5, "text-anchor": "end" }, [written(y)]));
  }
  axes.append(
    drawing("text", { x: (across(left) + across(right)) / 2, y: height - 6, "text-anchor": "middle" }, [names[0]]),
    drawing("text", { x: 4, y: up(high) + 5 }, [names[1]]),
  );
  return { axes, across, up, left: across(left), right: across(right), top: up(high), bottom: up(low) };
};

const line = (points) => points.map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");

// Puts a figure on the page: the picture, what it shows in words, and the controls.
const present = (host, { title, picture, controls, said }) => {
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", title);
  const words = made("p", { class: "live-said", role: "status" });
  const figure = made("figure", { class: "live-figure" }, [picture, words, made("div", { class: "live-controls", role: "group", "aria-label": title }, controls)]);
  const kept = made("div", { class: "live-still" }, [...host.childNodes]);
  host.replaceChildren(figure, kept);
  const tell = () => { words.textContent = said(); };
  tell();
  return tell;
};

for (const name of LIVE_FIGURES) {
  const hosts = document.querySelectorAll(`.live[data-live=${name}]`);
  if (!hosts.length) continue;
  const script = made("script", { src: `static/live-${name}.js` });
  script.addEventListener("load", () => hosts.forEach(live[name].show));
  document.head.append(script);
}
