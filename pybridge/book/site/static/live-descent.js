// Gradient descent on the bowl f(w) = w₁² + 3 w₂², seen from above.
live.descent = (() => {
  const MOST = 60;
  const f = ([a, b]) => a ** 2 + 3 * b ** 2;
  const slope = ([a, b]) => [2 * a, 6 * b];

  const path = (rate, steps, start) => {
    const walked = [start];
    for (let step = 0; step < steps; step += 1) {
      const at = walked.at(-1);
      const [da, db] = slope(at);
      walked.push([at[0] - rate * da, at[1] - rate * db]);
    }
    return walked;
  };

  const verdict = (rate) => {
    if (rate === 0) return "A rate of 0 goes nowhere.";
    if (rate < 1 / 6) return "Both weights go straight down to 0; the steep one is there first.";
    if (rate < 1 / 3) return "The steep weight jumps across the valley at each step and comes nearer.";
    if (Math.abs(rate - 1 / 3) < 1e-9) return "The steep weight swings for ever.";
    return "The steep weight leaps out of the bowl: it diverges, though the flat one would not.";
  };

  const show = (host, number = 0) => {
    // One scale for both axes, so that each step leaves its contour at a right angle.
    const picture = drawing("svg", { viewBox: "0 0 620 438" });
    const place = frame({
      width: 620, height: 438, x: [-2.6, 2.6], y: [-1.777, 1.777],
      ticks: { x: [-2, -1, 0, 1, 2], y: [-1, 0, 1] }, names: ["first weight", "second"],
    });
    const clip = drawing("clipPath", { id: `live-frame-descent-${number}` }, [drawing("rect", { x: place.left, y: place.top, width: place.right - place.left, height: place.bottom - place.top })]);
    const unit = place.across(1) - place.across(0);
    const contours = [0.1, 0.4, 0.9, 1.6, 2.5, 3.6, 4.9, 6.4, 8.1, 10].map((height) => drawing("ellipse", {
      class: "live-contour", cx: place.across(0), cy: place.up(0), rx: unit * Math.sqrt(height), ry: unit * Math.sqrt(height / 3),
    }));
    const walk = drawing("g");
    picture.append(clip, place.axes, drawing("g", { "clip-path": `url(#live-frame-descent-${number})` }, [...contours, walk]));
    picture.classList.add("live-map");

    const changed = () => draw();
    const rate = slider("learning rate", { min: 0, max: 0.36, step: 0.005, value: 0.1 }, changed);
    const steps = slider("steps", { min: 0, max: MOST, step: 1, value: 20 }, changed);
    const first = slider("first weight at the start", { min: -2.5, max: 2.5, step: 0.1, value: 2 }, changed);
    const second = slider("second weight at the start", { min: -1.7, max: 1.7, step: 0.1, value: 1 }, changed);
    const walked = () => path(rate.value, steps.value, [first.value, second.value]);
    const said = () => {
      const end = walked().at(-1);
      const count = `${steps.value} step${steps.value === 1 ? "" : "s"}`;
      return `After ${count} from (${written(first.value)}, ${written(second.value)}) at a rate of ${written(rate.value)}, the weights are (${written(end[0])}, ${written(end[1])}) and f is ${written(f(end))}. ${verdict(rate.value)}`;
    };
    const draw = () => {
      const points = walked().map(([a, b]) => [place.across(a), place.up(b)]).filter(([x, y]) => Math.abs(x) < 1e5 && Math.abs(y) < 1e5);
      walk.replaceChildren(
        drawing("path", { class: "live-path", d: line(points) }),
        ...points.map(([x, y], at) => drawing("circle", { class: at === points.length - 1 ? "live-end" : "live-point", cx: x, cy: y, r: at === points.length - 1 ? 6 : 3.5 })),
      );
      tell();
    };
    picture.addEventListener("click", (event) => {
      const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
      first.set((x - place.across(0)) / unit);
      second.set((place.up(0) - y) / unit);
      draw();
    });
    const row = made("div", { class: "live-row" }, [runner(steps, MOST, changed), ...[0.05, 0.1, 0.2, 0.3, 0.35].map((value) => press(written(value), () => { rate.set(value); draw(); }))]);
    const tell = present(host, { title: "Gradient descent on w₁² + 3 w₂², seen from above; a click on the map starts there", picture, controls: [rate.row, steps.row, first.row, second.row, row], said });
    draw();
  };

  return { f, slope, path, show };
})();
