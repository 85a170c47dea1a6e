// The language switch, the theme, the keys, the copy buttons and the contents of a small screen.
const root = document.documentElement;
const say = (text) => { document.getElementById("page-said").textContent = text; };

const chooseLanguage = (lang, { spoken = true } = {}) => {
  // What stands at the top of the window stays there, though blocks above it come and go.
  const kept = [...document.querySelectorAll("main :is(h2, h3, p, .example)")]
    .find((element) => element.getBoundingClientRect().top >= 60 && element.offsetParent);
  const before = kept?.getBoundingClientRect().top;
  root.dataset.lang = lang;
  if (kept && scrollY > 0) scrollBy({ top: kept.getBoundingClientRect().top - before, behavior: "instant" });
  remember("lang", lang);
  document.querySelector(`.switch input[value=${lang}]`).checked = true;
  const address = new URL(location);
  address.searchParams.set("lang", lang);
  history.replaceState(null, "", address);
  carryLanguage(lang);
  markWide();
  if (spoken) say(lang === "both" ? "Examples in both languages" : `Examples in ${lang === "python" ? "Python" : "Clojure"}`);
};

// A page opened from disk may not share its storage with the next, so the links between pages carry the language.
const carryLanguage = (lang) => {
  for (const link of document.querySelectorAll('a[href*=".html"]')) {
    const [page, hash] = link.getAttribute("href").split("#");
    if (page.includes(":") || page.startsWith("//")) continue;
    link.setAttribute("href", `${page.split("?")[0]}?lang=${lang}${hash === undefined ? "" : `#${hash}`}`);
  }
};

// Only what scrolls sideways is a stop on the way of the Tab key.
const markWide = () => {
  for (const box of document.querySelectorAll("main pre, main .wide")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};

// The element that the address names; an address that cannot be decoded names none.
const addressed = () => {
  try { return document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return null; }
};

const isDark = () =>
  root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
const nameTheme = () => { document.getElementById("page-theme").textContent = isDark() ? "Light" : "Dark"; };

const copy = async (button) => {
  const code = button.closest("figure").querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
    say("Copied");
  } catch {
    getSelection().selectAllChildren(code);
    button.textContent = "Selected";
    say("The code is selected; copy it with the keyboard");
  }
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
};

// In a table with a column for each language, the columns follow the switch.
for (const table of document.querySelectorAll("main table")) {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.textContent.trim().toLowerCase().replace(/^(in |pybridge, )/, ""));
  if (!heads.includes("python") || !heads.includes("clojure")) continue;
  for (const row of table.rows) {
    [...row.cells].forEach((cell, at) => { if (["python", "clojure"].includes(heads[at])) cell.dataset.when = `${heads[at]} both`; });
  }
}

for (const hidden of document.querySelectorAll(".switch, #page-find, #page-theme, #page-menu, #page-keys, .copy")) hidden.hidden = false;
root.classList.add("scripted");
chooseLanguage(root.dataset.lang, { spoken: false });
nameTheme();
addEventListener("resize", markWide);
// The page may have been moved by the switch before the place in the address was reached.
addressed()?.scrollIntoView();

document.querySelector(".switch").addEventListener("change", (event) => chooseLanguage(event.target.value));

document.getElementById("page-theme").addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  remember("theme", root.dataset.theme);
  nameTheme();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", nameTheme);

document.querySelector("main").addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (button) copy(button);
});

// All copy buttons are one stop of the Tab key: the first one in view. The arrow keys lead from one to the next.
const copies = [...document.querySelectorAll("main .copy")];
let stop = null;
const stopAt = (button) => {
  if (stop) stop.tabIndex = -1;
  stop = button;
  if (stop) stop.tabIndex = 0;
};
for (const button of copies) button.tabIndex = -1;
const shown = (button) => button.offsetParent !== null;
const stopInView = () => {
  if (copies.includes(document.activeElement)) return;
  stopAt(copies.find((button) => shown(button) && button.getBoundingClientRect().top >= 60) ?? copies.findLast(shown) ?? null);
};
document.querySelector("main").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const from = copies.indexOf(event.target);
  if (!step || from < 0) return;
  event.preventDefault();
  let at = from + step;
  while (copies[at] && !shown(copies[at])) at += step;
  if (!copies[at]) return;
  stopAt(copies[at]);
  copies[at].focus();
});

// The contents mark the section that is being read.
const places = [...document.querySelectorAll("#page-contents .sections a")]
  .map((link) => [document.getElementById(decodeURIComponent(link.hash.slice(1))), link])
  .filter(([heading]) => heading);
let current = null;
const markPlace = () => {
  const above = places.filter(([heading]) => heading.getBoundingClientRect().top < innerHeight / 3);
  const link = above.at(-1)?.[1] ?? null;
  if (link === current) return;
  current?.removeAttribute("aria-current");
  current = link;
  current?.setAttribute("aria-current", "location");
  // The list scrolls by itself, never the page.
  const list = document.getElementById("page-contents");
  if (current && list.scrollHeight > list.clientHeight) {
    const { top, bottom } = current.getBoundingClientRect();
    const frame = list.getBoundingClientRect();
    if (top < frame.top || bottom > frame.bottom) list.scrollTop += top - frame.top - list.clientHeight / 2;
  }
};
const watcher = new IntersectionObserver(() => { markPlace(); stopInView(); }, { rootMargin: "0px 0px -60% 0px", threshold: [0, 1] });
for (const watched of document.querySelectorAll("main :is(h1, h2, h3, .code)")) watcher.observe(watched);

const menu = document.getElementById("page-menu");
const showMenu = (open) => { menu.setAttribute("aria-expanded", open); document.body.classList.toggle("menu", open); };
menu.addEventListener("click", () => showMenu(menu.getAttribute("aria-expanded") !== "true"));
document.getElementById("page-contents").addEventListener("click", (event) => { if (event.target.closest("a")) showMenu(false); });

// Single keys can be in the way of speech input, so that they can be turned off.
const shortcuts = document.getElementById("page-shortcuts");
shortcuts.checked = recall("shortcuts") !== "off";
shortcuts.addEventListener("change", () => remember("shortcuts", shortcuts.checked ? "on" : "off"));

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.body.classList.contains("menu")) { showMenu(false); menu.focus(); }
  const typing = event.target.closest?.("input:not([type=radio], [type=checkbox]), dialog");
  if (!shortcuts.checked || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const lang = { p: "python", c: "clojure", b: "both" }[event.key];
  if (lang) chooseLanguage(lang);
  else if (event.key === "/") { event.preventDefault(); openSearch(); }
});

// A folded solution opens when a link leads into it, and all of them open on paper.
const unfold = () => {
  for (let fold = addressed()?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
};
addEventListener("hashchange", unfold);
unfold();
