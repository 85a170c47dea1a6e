// What a matrix of two rows and two columns does to the plane: to its grid, its unit vectors and a letter.
live.matrix = (() => {
  const LETTER = [[0, 0], [0, 2], [1.2, 2], [1.2, 1.6], [0.4, 1.6], [0.4, 1.2], [0.9, 1.2], [0.9, 0.8], [0.4, 0.8], [0.4, 0]];
  const REACH = 3.5;
  const sixty = Math.PI / 3;
  const PRESETS = {
    "leave": [[1, 0], [0, 1]],
    "rotate by 90°": [[0, -1], [1, 0]],
    "rotate by 60°": [[Math.cos(sixty), -Math.sin(sixty)], [Math.sin(sixty), Math.cos(sixty)]],
    "scale": [[2, 0], [0, 0.5]],
    "shear": [[1, 1], [0, 1]],
    "reflect": [[0, 1], [1, 0]],
    "project": [[1, 0], [0, 0]],
  };

  // The matrix times a column vector.
  const move = ([[a, b], [c, d]], [x, y]) => [a * x + b * y, c * x + d * y];
  const determinant = ([[a, b], [c, d]]) => a * d - b * c;

  const verdict = (matrix) => {
    const area = determinant(matrix);
    if (Math.abs(area) < 1e-9) return "The plane is flattened: the determinant is 0.";
    const turned = area < 0 ? ", and the plane is turned over" : "";
    return `The determinant is ${written(area, 2)}: areas are multiplied by ${written(Math.abs(area), 2)}${turned}.`;
  };

  const show = (host) => {
    const picture = drawing("svg", { viewBox: "0 0 480 480" });
    const at = ([x, y]) => [240 + x * 240 / REACH, 240 - y * 240 / REACH];
    const before = drawing("g", { class: "live-before" });
    const after = drawing("g");
    const grid = [-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6].flatMap((tick) => [[[tick, -6], [tick, 6]], [[-6, tick], [6, tick]]]);
    before.append(...grid.map((ends) => drawing("path", { d: line(ends.map(at)) })), drawing("path", { class: "live-letter", d: `${line(LETTER.map(at))}Z` }));
    picture.append(before, after);

    const option = { min: -3, max: 3, step: 0.1, digits: 2 };
    const changed = () => draw();
    const cells = [["row 1, column 1", 1], ["row 1, column 2", 1], ["row 2, column 1", 0], ["row 2, column 2", 1]].map(([name, value]) => slider(name, { ...option, value }, changed));
    const way = slider("how far on the way", { min: 0, max: 1, step: 0.01, value: 1, digits: 2 }, changed);
    // A preset may have values between the slider's steps, so that the matrix is kept apart from the sliders.
    let exact = null;
    const asked = () => exact ?? [[cells[0].value, cells[1].value], [cells[2].value, cells[3].value]];
    const reached = () => asked().map((row, i) => row.map((value, j) => (1 - way.value) * (i === j ? 1 : 0) + way.value * value));
    const said = () => {
      const [[a, b], [c, d]] = reached();
      return `(1, 0) goes to (${written(a, 2)}, ${written(c, 2)}), (0, 1) to (${written(b, 2)}, ${written(d, 2)}). ${verdict(reached())}`;
    };
    const arrow = (tip, name) => {
      const [x, y] = at(tip);
      return drawing("g", { class: name }, [drawing("path", { d: line([at([0, 0]), [x, y]]) }), drawing("circle", { cx: x, cy: y, r: 6 })]);
    };
    const draw = () => {
      const matrix = reached();
      const to = (point) => at(move(matrix, point));
      after.replaceChildren(
        drawing("g", { class: "live-after" }, grid.map((ends) => drawing("path", { d: line(ends.map(to)) }))),
        drawing("path", { class: "live-letter moved", d: `${line(LETTER.map(to))}Z` }),
        arrow(move(matrix, [1, 0]), "live-first"),
        arrow(move(matrix, [0, 1]), "live-second"),
      );
      tell();
    };
    for (const cell of cells) cell.row.addEventListener("input", () => { exact = null; draw(); });
    const presets = Object.entries(PRESETS).map(([name, matrix]) => press(name, () => {
      exact = matrix;
      cells.forEach((cell, place) => cell.set(matrix[Math.floor(place / 2)][place % 2]));
      way.set(1);
      draw();
    }));
    const tell = present(host, {
      title: "A matrix acting on the plane: its grid, its unit vectors and the letter F", picture,
      controls: [...cells.map((cell) => cell.row), way.row, made("div", { class: "live-row" }, presets)], said,
    });
    draw();
  };

  return { move, determinant, presets: PRESETS, show };
})();
