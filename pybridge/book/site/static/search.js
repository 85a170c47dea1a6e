// The search: every word asked for must occur; a title counts more than the text below it.
const dialog = document.getElementById("page-search");
const query = document.getElementById("page-query");
const results = document.getElementById("page-results");
const MOST = 30;

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const records = SEARCH_INDEX.map((record) => ({ ...record, plainTitle: plain(record.title), plainText: plain(record.text) }));

const score = (record, words) => {
  let total = 0;
  for (const word of words) {
    const inTitle = record.plainTitle.indexOf(word);
    if (inTitle < 0 && !record.plainText.includes(word)) return 0;
    if (inTitle >= 0) total += /[a-z0-9]/.test(record.plainTitle[inTitle - 1] ?? " ") ? 5 : 10;
    if (record.plainTitle === word) total += 20;
    total += 1;
  }
  return total;
};

const excerpt = (record, words) => {
  const at = Math.min(...words.map((word) => record.plainText.indexOf(word)).filter((place) => place >= 0), Infinity);
  const start = at === Infinity || at < 60 ? 0 : record.text.lastIndexOf(" ", at - 40) + 1;
  const cut = record.text.slice(start, start + 140);
  const more = start + 140 < record.text.length;
  return `${start ? "… " : ""}${more ? `${cut.replace(/\s\S*$/, "")} …` : cut}`;
};

const element = (name, text, className) => {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
};

const entry = (record, words) => {
  const item = document.createElement("li");
  const [page, hash] = record.where.split("#");
  const link = document.createElement("a");
  link.href = `${page}?lang=${root.dataset.lang}${hash ? `#${encodeURIComponent(hash)}` : ""}`;
  link.append(element("strong", record.title), element("span", record.on, "on"), element("span", excerpt(record, words), "excerpt"));
  item.append(link);
  return item;
};

const search = () => {
  const words = plain(query.value).split(/\s+/).filter(Boolean);
  const found = words.length === 0 ? [] : records
    .map((record) => [score(record, words), record])
    .filter(([points]) => points > 0)
    .sort(([a], [b]) => b - a)
    .map(([, record]) => record);
  results.replaceChildren(...found.slice(0, MOST).map((record) => entry(record, words)));
  const count = found.length > MOST ? `The first ${MOST} of ${found.length} places` : `${found.length} place${found.length === 1 ? "" : "s"}`;
  document.getElementById("page-found").textContent = words.length ? (found.length ? count : "Nothing found") : "";
};

const openSearch = () => {
  if (dialog.open) return;
  dialog.showModal();
  query.select();
};

document.getElementById("page-find").addEventListener("click", openSearch);
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
