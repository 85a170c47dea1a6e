-- The book as one document, of its Jupyter notebooks that Pandoc reads with --file-scope: links to a notebook lead to its
-- title, Pandoc finds the headings among the cells, code is of its own language, and a figure has the text that says what
-- is seen.

local times = {}

function Header(header)
  if header.level == 1 then
    header.identifier = header.identifier:gsub("__.*", "")
    return header
  end
  -- Pandoc reads each cell by itself, and so would give the same name twice.
  local name = header.identifier
  times[name] = (times[name] or 0) + 1
  if times[name] > 1 then
    header.identifier = name .. "-" .. times[name]
  end
  return header
end

function Div(div)
  if div.classes:includes("cell") and div.classes:includes("markdown") then
    return div.content
  end
end

function CodeBlock(code)
  if code.text:match("^%%load_ext") then
    return {}
  end
  local clojure = code.text:match("^%%%%clojure\n(.*)")
  if clojure then
    return pandoc.CodeBlock(clojure, pandoc.Attr("", { "clojure" }))
  end
end

function Image(image)
  if image.attributes.alt then
    image.caption = { pandoc.Str(image.attributes.alt) }
    image.attributes.alt = nil
  end
  return image
end
