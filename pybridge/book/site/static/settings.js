// Runs before the page is drawn, so that no language and no colour flashes up first.
const LANGUAGES = ["python", "clojure", "both"];

// Storage is refused in some private windows; the page then works without a memory.
const remember = (name, value) => { try { localStorage.setItem(`pybridge.${name}`, value); } catch { /* no memory */ } };
const recall = (name) => { try { return localStorage.getItem(`pybridge.${name}`); } catch { return null; } };

{
  const root = document.documentElement;
  const asked = [new URLSearchParams(location.search).get("lang"), recall("lang")];
  root.dataset.lang = asked.find((lang) => LANGUAGES.includes(lang)) ?? "both";
  const theme = recall("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
}
