// A tip for each symbol of a formula, from the table of symbols under the same heading.
{
  const MATHML = "http://www.w3.org/1998/Math/MathML";
  const COLUMNS = ["symbol", "in the code", "shape"];
  const ROWS = new Set(["math", "semantics", "mrow", "mstyle", "mpadded", "msqrt", "mtd"]);
  const BARE = /^[\u2061-\u2064\s]*$/; // operators that are not drawn
  const PRIME = /^[′″‴']+$/;

  const meaning = (node) => node.localName !== "annotation" && node.localName !== "mspace";
  const parts = (node) => [...node.children].filter(meaning);

  // What a piece of MathML says, as a list of words: alike for two pieces that look alike.
  const words = (node) => {
    if (ROWS.has(node.localName) && node.localName !== "msqrt") return parts(node).flatMap(words);
    if (!node.children.length) {
      const text = node.textContent.trim();
      if (BARE.test(text)) return [];
      // A name of several letters, however it is written: letters that are upright.
      if (node.localName === "mi" && text.length > 1) return [...text].map((letter) => `${letter}normal`);
      return [`${text}${node.getAttribute("mathvariant") ?? ""}`];
    }
    // A sum has its limits beside it in a line, and above and below where there is room.
    const name = { munder: "msub", munderover: "msubsup" }[node.localName] ?? node.localName;
    return [`${name}(${parts(node).map((part) => words(part).join(" ")).join(";")})`];
  };

  // The words of a letter with an index and a power, without the power: x_i is in the square of x_i.
  const withoutPower = (node) => {
    if (node.localName !== "msubsup" || PRIME.test(parts(node)[2].textContent.trim())) return null;
    return `msub(${parts(node).slice(0, 2).map((part) => words(part).join(" ")).join(";")})`;
  };

  // A bracket that closes and has a power or an index: f(x) is in the square of f(x).
  const closing = (node) => (["msup", "msub"].includes(node.localName) && words(parts(node)[0])[0] === ")" ? ")" : null);

  // The entries of a table, by the words of their symbols; a cell with commas in it has several symbols.
  const entriesOf = (table) => {
    const heads = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent.trim().toLowerCase());
    if (!COLUMNS.every((name) => heads.includes(name))) return null;
    const entries = [];
    for (const row of table.querySelectorAll("tbody tr")) {
      const cells = [...row.cells];
      const about = heads.map((name, at) => ({ name, cell: cells[at] })).filter(({ cell }) => cell?.textContent.trim());
      for (const math of cells[heads.indexOf("symbol")]?.querySelectorAll("math") ?? []) {
        let depth = 0;
        const symbols = [[]];
        for (const word of words(math)) {
          depth += { "(": 1, ")": -1 }[word] ?? 0;
          if (word === "," && depth === 0) symbols.push([]);
          else symbols.at(-1).push(word);
        }
        for (const symbol of symbols) {
          if (symbol.length && !["…", "⋯"].includes(symbol[0])) entries.push({ words: symbol, about });
        }
      }
    }
    return entries;
  };

  const said = (entry) => entry.about.map(({ cell }) => cell.textContent.trim()).join("\n");

  // One entry for each symbol; a symbol of which tables say different things has none.
  const agreed = (entries) => {
    const found = new Map();
    for (const entry of entries) {
      const key = entry.words.join(" ");
      const other = found.get(key);
      if (!found.has(key)) found.set(key, entry);
      else if (other && said(other) !== said(entry)) found.set(key, null);
    }
    return found;
  };

  // What is under one heading, in stretches: a stretch ends where a displayed formula follows a table of symbols.
  const sections = () => {
    const found = [];
    let stretch;
    const begin = () => { stretch = { formulas: [], entries: [], tables: 0 }; return stretch; };
    for (const element of document.querySelectorAll("main :is(h1, h2, h3, h4, summary, math, table)")) {
      if (element.matches("table")) {
        const entries = found.length && entriesOf(element);
        if (entries) { stretch.entries.push(...entries); stretch.tables += 1; }
      } else if (!element.matches("math")) {
        found.push([begin()]);
      } else if (found.length && !element.closest("table, h1, h2, h3, h4, summary")) {
        if (stretch.tables && element.getAttribute("display") === "block") found.at(-1).push(begin());
        stretch.formulas.push(element);
      }
    }
    return found;
  };

  const shownBy = new WeakMap(); // the entry of each symbol

  // Mark the symbols among neighbours, the longest first, and then those inside them.
  const markRow = (nodes, entries) => {
    for (let at = 0; at < nodes.length; at += 1) {
      let found;
      for (const entry of entries) {
        const seen = [];
        let end = at;
        while (end < nodes.length && seen.length < entry.words.length) { seen.push(...words(nodes[end])); end += 1; }
        const written = [seen.join(" "), withoutPower(nodes[at]), [...seen.slice(0, -1), closing(nodes[end - 1])].join(" ")];
        const primed = end < nodes.length && PRIME.test(nodes[end].textContent.trim()); // f' is not f
        if (seen.length && !primed && written.includes(entry.words.join(" "))) {
          found = { entry, taken: nodes.slice(at, end) };
          break;
        }
      }
      if (!found) { markInside(nodes[at], entries); continue; }
      let [symbol] = found.taken;
      const rest = entries.filter((entry) => entry !== found.entry);
      if (found.taken.length > 1) {
        symbol = document.createElementNS(MATHML, "mrow");
        found.taken[0].before(symbol);
        symbol.append(...found.taken);
        markRow(found.taken, rest);
      } else {
        markInside(symbol, rest, { whole: true });
      }
      symbol.classList.add("symbol");
      shownBy.set(symbol, found.entry);
      at += found.taken.length - 1;
    }
  };

  const markInside = (node, entries, { whole = false } = {}) => {
    const inner = parts(node);
    if (ROWS.has(node.localName)) { markRow(inner, entries); return; }
    // Without its hat or prime a letter is another symbol. With an index it belongs to what it is without, unless both are known.
    const other = ["mover", "munder", "munderover"].includes(node.localName)
      || (whole && ["msub", "msubsup"].includes(node.localName))
      || (node.localName === "msup" && PRIME.test(inner[1].textContent.trim()));
    inner.forEach((part, place) => {
      if (other && place === 0 && !part.children.length) return;
      markRow([part], entries);
    });
  };

  for (const section of sections()) {
    const everywhere = agreed(section.flatMap((stretch) => stretch.entries));
    for (const { formulas, entries } of section) {
      const known = new Map([...everywhere, ...agreed(entries)]);
      const longestFirst = [...known.values()].filter(Boolean).sort((a, b) => b.words.length - a.words.length);
      for (const math of longestFirst.length ? formulas : []) {
        markRow(parts(math.querySelector("semantics") ?? math), longestFirst);
        // One stop of the Tab key for a displayed formula; the arrow keys go through its symbols.
        if (math.getAttribute("display") === "block" && math.querySelector(".symbol")) math.tabIndex = 0;
      }
    }
  }

  const tip = document.createElement("div");
  tip.id = "page-symbol";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.getElementById("page-main").append(tip); // a landmark, as all that is said should be in one
  let current = null;
  let leaving;

  const line = (...content) => {
    const made = document.createElement("p");
    made.append(...content);
    return made;
  };

  const copied = (cell) => {
    const copy = document.createElement("span");
    copy.append(...[...cell.childNodes].map((node) => node.cloneNode(true)));
    for (const element of copy.querySelectorAll("annotation")) element.remove();
    for (const element of copy.querySelectorAll("[id]")) element.removeAttribute("id");
    return copy;
  };

  const place = () => {
    if (!current) return;
    const at = current.getBoundingClientRect();
    // All of a formula can be read while a tip is open.
    const formula = current.closest("math[display=block]")?.getBoundingClientRect() ?? at;
    const middle = at.left + at.width / 2 - tip.offsetWidth / 2;
    const left = Math.max(8, Math.min(middle, root.clientWidth - tip.offsetWidth - 8));
    const [above, below] = [formula.top - tip.offsetHeight - 6, formula.bottom + 6];
    const top = below + tip.offsetHeight > innerHeight && above > 60 ? above : below;
    // A page's policy forbids style attributes in its text; this sets properties.
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${top + scrollY}px`;
  };

  const hideTip = () => {
    clearTimeout(leaving);
    current?.classList.remove("current");
    current?.closest("math").removeAttribute("aria-describedby");
    current = null;
    tip.hidden = true;
  };

  const showTip = (symbol, { byKey = false } = {}) => {
    hideTip();
    current = symbol;
    const [{ cell: name }, ...about] = shownBy.get(symbol).about;
    tip.replaceChildren(line(copied(name)), ...about.map(({ name: head, cell }) => line(`${head}: `, copied(cell))));
    if (byKey && symbol.closest("math").querySelectorAll(".symbol").length > 1) {
      const keys = line("← → other symbols, Esc closes");
      keys.className = "keys";
      tip.append(keys);
    }
    tip.hidden = false;
    symbol.classList.add("current");
    symbol.closest("math").setAttribute("aria-describedby", tip.id);
    place();
  };

  const symbolAt = (event) => (event.target instanceof Element ? event.target.closest("math .symbol") : null);

  document.addEventListener("pointerover", (event) => {
    const symbol = symbolAt(event);
    if (symbol && symbol !== current) showTip(symbol);
    else if (symbol || tip.contains(event.target)) clearTimeout(leaving);
  });
  // The pointer may go over to the tip; a finger that is lifted leaves the tip open.
  document.addEventListener("pointerout", (event) => {
    if (current && event.pointerType === "mouse" && (symbolAt(event) || tip.contains(event.target))) {
      clearTimeout(leaving);
      leaving = setTimeout(hideTip, 200);
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (current && !symbolAt(event) && !tip.contains(event.target)) hideTip();
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("math:focus-visible")) showTip(event.target.querySelector(".symbol"), { byKey: true });
  });
  document.addEventListener("focusout", (event) => { if (event.target.matches("math")) hideTip(); });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") hideTip();
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !event.target.matches?.("math") || event.ctrlKey || event.metaKey || event.altKey) return;
    const symbols = [...event.target.querySelectorAll(".symbol")];
    const next = symbols[symbols.indexOf(current) + step];
    event.preventDefault();
    if (!next) return;
    next.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
    showTip(next, { byKey: true });
    say([...tip.querySelectorAll("p:not(.keys)")].map((said) => said.textContent).join(", "));
  });
  addEventListener("scroll", place, true);
  addEventListener("resize", place);
}
