"""Notebooks that want to act in a reader's browser: what they try, where, and what of it is on a page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import html5lib
from markdown_it import MarkdownIt

PWN = "window.pwned=1"
PAYLOADS = [
    f"<script>{PWN}</script>",
    f"<img src=x onerror={PWN}>",
    f'"><svg onload={PWN}>',
    f"x' onmouseover='{PWN}",
    f'x" autofocus onfocus="{PWN}',
    f"</title></samp></code></pre></script><script>{PWN}</script>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror={PWN}>'>",
    f"<!--><img src=x onerror={PWN}>-->",
    f"javascript:{PWN}",
    f"<javascript:{PWN}>",
    f"[x](javascript:{PWN}) <a href=javascript:{PWN}>x</a>",
    f"&lt;img src=x onerror={PWN}&gt; &#60;script&#62;{PWN}&#60;/script&#62;",
    f"a tensor> tensor onerror={PWN} x=",
    "{{ 7 * 7 }} {% include 'base.html' %} {{{n}}}",
    f"]]><script>{PWN}</script>",
    f"\u2028{PWN}//`${{{PWN}}}`",
    "__proto__ constructor",
    'style="text-align: right" class="longest-5"',
    f"<details open ontoggle={PWN}><iframe srcdoc='<script>parent.{PWN}</script>'></iframe>",
    f"<meta http-equiv=refresh content='0;url=javascript:{PWN}'><base href=//evil.example/>",
]
PLACES = {  # where a notebook has text of its own, which a page shows or leaves out
    "title": "#+title: {}",
    "author": "#+author: {}",
    "head": "#+html_head: {}",
    "options": "#+options: {}",
    "setting": "#+property: header-args {}",
    "bibliography": "#+bibliography: {}",
    "heading": "* {}",
    "heading with tags": "* A :{}:\n** TODO {}",
    "property": "* A\n:PROPERTIES:\n:onclick: {}\n:END:",
    "solution": "* Solution {}\nFour.",
    "paragraph": "A {} word.",
    "emphasis": "*{}* /{}/ _{}_ +{}+",
    "verbatim": "={}= ~{}~",
    "script": "x^{{{}}} x_{{{}}}",
    "list": "- {}\n- [ ] {}\n- {} :: {}\n1. [@5] {}",
    "table": "| {} | b |\n|---+-----|\n|   | <r> |\n| 1 | {}  |",
    "caption": "#+caption: {}\n| 1 | 2 |",
    "quote": "#+begin_quote\n{}\n#+end_quote",
    "verse": "#+begin_verse\n{}\n#+end_verse",
    "box": "#+begin_details\n{}\n#+end_details",
    "example": "#+begin_example\n{}\n#+end_example\n: {}",
    "footnote": "A[fn:a] note.\n\n[fn:a] {}",
    "comment": "# {}\n#+begin_comment\n{}\n#+end_comment",
    "drawer": ":NOTE:\n{}\n:END:",
    "code": "#+name: {}\n#+begin_src python :x {}\n{}\n#+end_src\n\n#+RESULTS:\n: {}",
    "language": "#+begin_src {}\n{}\n#+end_src",
    "inline code": "src_python{{{}}}",
    "result": "#+begin_src python\n1\n#+end_src\n\n#+RESULTS:\n:results:\n{}\n:end:",
    "table of a result": "#+begin_src clojure\n1\n#+end_src\n\n#+RESULTS:\n| {} | 2 |",
    "words of a link": "[[https://example.org][{}]]",
}
ACTIVE = {  # where Org lets a notebook reach into a page
    "html": "#+html: {}",
    "export": "#+begin_export html\n{}\n#+end_export",
    "markdown": "#+begin_export markdown\n{}\n#+end_export",
    "snippet": "A @@html:{}@@ snippet.",
    "macro": "#+macro: m @@html:$1@@\n\n{{{{{{m({})}}}}}}",
    "link": "[[{}][words]] [[{}]] <{}>",
    "file": "[[file:{}][words]] [[file:{}]]",
    "page": "[[file:other.org::{}][words]] [[#{}][words]] [[id:{}]]",
    "attribute": "#+attr_html: :onclick {} :style {}\n| 1 | 2 |",
    "alternative": "#+attr_html: :alt {} :title {}\n[[file:dot.png]]",
    "size": "#+attr_html: :width {}\n[[file:dot.png]]",
    "id": "* A\n:PROPERTIES:\n:CUSTOM_ID: {}\n:END:",
    "target": "A <<{}>> target.",
    "special block": "#+begin_{}\nA.\n#+end_{}",
    "formula": "\\({}\\) \\[{}\\]",
    "words of a formula": "\\(\\text{{{}}}\\)",
    "environment": "\\begin{{align}} a &= {} \\end{{align}}",
    "latex": "A \\textbf{{{}}} word.",
    "citation": "[cite:@{}]",
    "include": '#+include: "{}"',
}
SEEN = ("https", "http", "mailto", "")
NEVER = {"base", "embed", "foreignObject", "iframe", "object", "style", "svg", "template", "frame", "animate", "set"}
ADDRESSES = {"action", "background", "cite", "formaction", "href", "ping", "poster", "src", "srcset"}


def active(html: str) -> list[str]:
    """What could act on a page beside the site's own scripts, as a browser's parser reads it."""
    found = []
    for element in html5lib.parse(html, namespaceHTMLElements=False).iter():
        if not isinstance(element.tag, str):
            continue
        name = element.tag.rpartition("}")[2]
        if name in NEVER:
            found.append(f"<{name}>")
        if name == "script" and not (element.get("src", "").startswith("static/") and not element.text):
            found.append("<script>")
        if name == "meta" and element.get("http-equiv", "Content-Security-Policy") != "Content-Security-Policy":
            found.append("<meta>")
        for attribute, value in element.items():
            plain = attribute.rpartition("}")[2].lower()
            if plain.startswith("on") or plain in ("style", "srcdoc"):
                found.append(f"{name} {plain}={value}")
            if plain in ADDRESSES and value != "data:,":
                scheme = "".join(value.split()).partition(":")[0].lower() if ":" in re.split("[/?#]", value)[0] else ""
                if scheme not in SEEN or urlsplit(value.strip()).scheme not in SEEN or value.startswith("//"):
                    found.append(f"{name} {plain}={value}")
    return found


def markdown_as_html(notebook: Path) -> str:
    """The texts of a Jupyter notebook as a program shows them that lets HTML through."""
    renderer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    renderer.validateLink = lambda _: True
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    html = "\n".join(renderer.render(text) for text in texts).replace('"attachment:', '"')
    return re.sub(r'(?<=<t[hd]) style="text-align:\w+"', "", html)  # how the renderer itself aligns a table
