#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that no two files define a type of the same full name. The linker merges the functions of such types without a word, and
then one is destroyed as if it were the other. Types of one file alone belong into an unnamed namespace."""
import collections
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
places = collections.defaultdict(set)

for path in sorted(p for part in ("core", "ui", "app") for p in (root / part).rglob("*") if p.suffix in (".h", ".cpp")):
    text = re.sub(r"//[^\n]*", "", path.read_text(errors="replace"))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r'R"(\w*)\(.*?\)\1"', '""', text, flags=re.S)
    text = re.sub(r'"(\\.|[^"\\\n])*"', '""', text)
    text = re.sub(r"'(\\.|[^'\\\n])'", "0", text)
    open_ones, last = [], 0
    for mark in re.finditer(r"[{};]", text):
        head = text[last:mark.start()].strip()
        last = mark.end()
        if mark.group() == "}" and open_ones:
            open_ones.pop()
        if mark.group() != "{":
            continue
        space = re.search(r"(?:^|\s)namespace(\s+[\w:]+)?\s*$", head)
        if space:
            open_ones.append((space.group(1) or "").strip() or "unnamed")
            continue
        kind = re.match(r"(?:template\s*<.*?>\s*)?(?:struct|class|enum\s+class|enum|union)\s+(?:\[\[.*?\]\]\s*)?([\w:]+)", head)
        if kind and None not in open_ones and "unnamed" not in open_ones and "(" not in head.split(":")[0]:
            places["::".join(open_ones + [kind.group(1)])].add(path.relative_to(root).as_posix())
        open_ones.append(None)

twice = {name: files for name, files in places.items() if len(files) > 1}
for name, files in sorted(twice.items()):
    print(f"{name} is defined in {', '.join(sorted(files))}")
programs = [name for name, files in twice.items() if not all(f.startswith("app/") for f in files)]
print(f"{len(places)} types, {len(twice)} of them twice")
sys.exit(1 if programs or len(places) < 100 else 0)
