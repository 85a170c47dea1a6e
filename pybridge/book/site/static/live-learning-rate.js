// Gradient descent on f(w) = (30 − w)², from 3: what the learning rate does.
live["learning-rate"] = (() => {
  const START = 3;
  const MOST = 60;
  const f = (w) => (30 - w) ** 2;
  const slope = (w) => 2 * w - 60;

  const path = (rate, steps, start = START) => {
    const walked = [start];
    for (let step = 0; step < steps; step += 1) walked.push(walked.at(-1) - rate * slope(walked.at(-1)));
    return walked;
  };

  const verdict = (rate) => {
    if (rate === 0) return "A rate of 0 goes nowhere.";
    if (rate < 0.5) return "Each step goes part of the way to 30.";
    if (rate === 0.5) return "At 0.5 the first step lands on 30.";
    if (rate < 1) return "Each step jumps over 30 and lands nearer to it.";
    if (rate === 1) return "At 1 each step lands as far on the other side: it swings for ever.";
    return "Each step lands farther from 30 than the last: it diverges.";
  };

  const show = (host, number = 0) => {
    const picture = drawing("svg", { viewBox: "0 0 620 360" });
    const place = frame({
      width: 620, height: 360, x: [-12, 72], y: [-60, 1760],
      ticks: { x: [0, 15, 30, 45, 60], y: [0, 500, 1000, 1500] }, names: ["w", "f(w)"],
    });
    const curve = Array.from({ length: 169 }, (_, at) => -12 + at / 2).map((w) => [place.across(w), place.up(f(w))]);
    const clip = drawing("clipPath", { id: `live-frame-rate-${number}` }, [drawing("rect", { x: place.left, y: place.top, width: place.right - place.left, height: place.bottom - place.top })]);
    const walk = drawing("g", { "clip-path": `url(#live-frame-rate-${number})` });
    picture.append(clip, place.axes, drawing("path", { class: "live-curve", d: line(curve), "clip-path": `url(#live-frame-rate-${number})` }), walk);

    const rate = slider("learning rate", { min: 0, max: 1.1, step: 0.001, value: 0.1 }, () => draw());
    const steps = slider("steps", { min: 0, max: MOST, step: 1, value: 20 }, () => draw());
    const said = () => {
      const w = path(rate.value, steps.value).at(-1);
      const count = `${steps.value} step${steps.value === 1 ? "" : "s"}`;
      return `After ${count} at a rate of ${written(rate.value)}, w is ${written(w)} and f(w) is ${written(f(w))}. ${verdict(rate.value)}`;
    };
    const draw = () => {
      const points = path(rate.value, steps.value).map((w) => [place.across(w), place.up(f(w))]).filter(([x, y]) => Math.abs(x) < 1e5 && Math.abs(y) < 1e5);
      walk.replaceChildren(
        drawing("path", { class: "live-path", d: line(points) }),
        ...points.map(([x, y], at) => drawing("circle", { class: at === points.length - 1 ? "live-end" : "live-point", cx: x, cy: y, r: at === points.length - 1 ? 6 : 3.5 })),
      );
      tell();
    };
    const presets = [0.001, 0.01, 0.1, 0.5, 1, 1.01].map((value) => press(written(value), () => { rate.set(value); draw(); }));
    const row = made("div", { class: "live-row" }, [runner(steps, MOST, () => draw()), ...presets]);
    const tell = present(host, { title: "Gradient descent on (30 − w)² from w = 3, with a learning rate of your choice", picture, controls: [rate.row, steps.row, row], said });
    draw();
  };

  return { f, slope, path, show };
})();
