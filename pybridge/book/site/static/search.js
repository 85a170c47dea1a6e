// The search: every word asked for must occur. A name counts most, then a heading, the text below it, and code.
const dialog = document.getElementById("page-search");
const query = document.getElementById("page-query");
const results = document.getElementById("page-results");
const MOST = 30;
const LENGTH = 150;

// Letters of one size without accents; t/matmul and t.matmul, with-tape and with_tape are one name each. The length
// stays, so that a place in the plain text is one in the text.
const plain = (text) => text
  .replace(/[^\x00-\x7f]/g, (letter) => {
    const bare = letter.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    return bare.length === 1 ? bare : letter;
  })
  .toLowerCase()
  .replace(/_/g, "-")
  .replace(/(?<=[\w-])\/(?=[\w-])/g, ".");

const GREEK = {
  alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", eta: "η", theta: "θ", lambda: "λ", mu: "μ", pi: "π", rho: "ρ",
  sigma: "σ", phi: "φ", omega: "ω", nabla: "∇", partial: "∂", sum: "∑",
};

let records = [];
let synonyms = [];

const prepare = () => {
  records = SEARCH_INDEX.records.map((record) => ({
    code: "", ...record,
    plainNames: [record.title, ...(record.names ?? [])].map(plain),
    plainText: plain(record.text),
    plainCode: plain(record.code ?? ""),
  }));
  synonyms = SEARCH_INDEX.synonyms.map((group) => group.map(plain));
};

// The index is read when somebody first searches; until then a page does without it.
let asked = false;
const load = () => {
  if (asked) return;
  asked = true;
  const script = document.createElement("script");
  script.src = "static/search-index.js";
  script.addEventListener("load", () => { prepare(); search(); });
  document.head.append(script);
};

const beginsWord = (text, at) => !/[a-z0-9]/.test(text[at - 1] ?? " ");
const occurs = (text, word) => {
  let whole = 0;
  for (let at = text.indexOf(word); at >= 0 && whole < 2; at = text.indexOf(word, at + 1)) whole = Math.max(whole, beginsWord(text, at) ? 2 : 1);
  return whole;
};

const says = (text, phrase) => {
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
    if (beginsWord(text, at) && !/[a-z0-9]/.test(text[at + phrase.length] ?? " ")) return true;
  }
  return false;
};

const pointsOfWord = (record, word) => {
  if (record.plainNames.includes(word)) return 40;
  const named = Math.max(...record.plainNames.map((name) => (name.startsWith(word) ? 3 : occurs(name, word))));
  return [0, 6, 12, 16][named] || [0, 2, 3][occurs(record.plainText, word)] || [0, 1, 2][occurs(record.plainCode, word)];
};

const pointsOf = (record, phrase) => {
  const words = phrase.split(/\s+/).filter(Boolean);
  let total = 0;
  for (const word of words) {
    const points = Math.max(pointsOfWord(record, word), Object.hasOwn(GREEK, word) ? pointsOfWord(record, GREEK[word]) : 0);
    if (!points) return 0;
    total += points;
  }
  if (record.plainNames.includes(phrase)) total += 100;
  else if (words.length > 1 && says(record.plainText, phrase)) total += 10;
  else if (words.length > 1 && says(record.plainCode, phrase)) total += 5;
  return total + 1 / (1 + record.text.length / 200); // of places alike, the shortest is about it
};

// What is asked for, then what means the same.
const phrasesOf = (phrase) => {
  const group = synonyms.find((terms) => terms.includes(phrase)) ?? [];
  return [phrase, ...group.filter((term) => term !== phrase)];
};

const element = (name, text, className) => {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
};

// A piece of a text around the first of the words, each of which is marked.
const excerpt = (text, plainText, words) => {
  const at = Math.min(...words.map((word) => plainText.indexOf(word)).filter((place) => place >= 0));
  const start = !Number.isFinite(at) || at < 60 ? 0 : text.lastIndexOf(" ", at - 40) + 1;
  const wanted = text.slice(start, start + LENGTH);
  const more = start + LENGTH < text.length;
  const cut = more ? wanted.replace(/\s\S*$/, "") : wanted;
  const made = element("span", start ? "… " : "", "excerpt");
  const marks = words.flatMap((word) => {
    const found = [];
    for (let place = plainText.indexOf(word, start); place >= 0 && place + word.length <= start + cut.length; place = plainText.indexOf(word, place + word.length)) {
      if (beginsWord(plainText, place)) found.push([place - start, place - start + word.length]);
    }
    return found;
  }).sort(([a], [b]) => a - b);
  let last = 0;
  for (const [from, to] of marks) {
    if (from < last) continue;
    made.append(cut.slice(last, from), element("mark", cut.slice(from, to)));
    last = to;
  }
  made.append(cut.slice(last), more ? " …" : "");
  return made;
};

const entry = (record, words) => {
  const item = document.createElement("li");
  const [page, hash] = record.where.split("#");
  const link = document.createElement("a");
  link.href = `${page}?lang=${root.dataset.lang}${hash ? `#${encodeURIComponent(hash)}` : ""}`;
  const inText = words.some((word) => record.plainText.includes(word));
  const inCode = !inText && words.some((word) => record.plainCode.includes(word));
  const piece = inCode ? excerpt(record.code, record.plainCode, words) : excerpt(record.text, record.plainText, words);
  if (inCode) piece.classList.add("code-excerpt");
  link.append(element("strong", record.title));
  if (record.on !== record.title) link.append(element("span", record.on, "on"));
  link.append(piece);
  item.append(link);
  return item;
};

const search = () => {
  const phrase = plain(query.value).trim().replace(/\s+/g, " ");
  const phrases = phrasesOf(phrase);
  const found = !phrase ? [] : records
    .map((record) => [Math.max(...phrases.map((other, at) => pointsOf(record, other) * (at ? 0.5 : 1))), record])
    .filter(([points]) => points > 0)
    .sort(([a], [b]) => b - a)
    .map(([, record]) => record);
  const words = [...new Set(phrases.flatMap((each) => each.split(" ")).flatMap((word) => [word, GREEK[word]]).filter(Boolean))];
  results.replaceChildren(...found.slice(0, MOST).map((record) => entry(record, words)));
  const count = found.length > MOST ? `The first ${MOST} of ${found.length} places` : `${found.length} place${found.length === 1 ? "" : "s"}`;
  const said = found.length ? count : records.length ? "Nothing found" : "Reading the index …";
  document.getElementById("page-found").textContent = phrase ? said : "";
};

const openSearch = () => {
  if (dialog.open) return;
  load();
  dialog.showModal();
  query.select();
};

const find = document.getElementById("page-find");
find.addEventListener("click", openSearch);
find.addEventListener("pointerenter", load);
query.addEventListener("input", search);
// A click on the backdrop reaches the dialog itself.
dialog.addEventListener("click", (event) => { if (event.target === dialog || event.target.closest("a")) dialog.close(); });

dialog.addEventListener("keydown", (event) => {
  const links = [...results.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  if (event.key === "ArrowDown" && links.length) (links[at + 1] ?? links[at]).focus();
  else if (event.key === "ArrowUp" && at >= 0) (links[at - 1] ?? query).focus();
  else if (event.key === "Enter" && event.target === query) {
    event.preventDefault();
    links[0]?.click();
    return;
  } else return;
  event.preventDefault();
});
