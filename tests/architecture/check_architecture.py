#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks what the build system cannot see: that includes point downwards, that core is free of Qt, that foreign text never
becomes markup, that every file carries its licence line. Prints each finding and a closing count."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
findings = []
checked = 0

cmake = (root / "packaging/cmake/TackroomLibrary.cmake").read_text()
folders = re.search(r"set\(TACKROOM_FOLDERS\s(.*?)\)", cmake, re.S).group(1).split()
rank = {folder: i for i, folder in enumerate(folders)}

uses = {}
for listing in (root / "core/CMakeLists.txt", root / "ui/CMakeLists.txt"):
    for line in listing.read_text().splitlines():
        match = re.match(r"tackroom_library\((\S+)(.*)\)", line)
        if match:
            after = re.search(r"USES ([^)]*?)(?: LINKS|$)", match.group(2))
            uses[match.group(1)] = after.group(1).split() if after else []


def reachable(folder, seen=None):
    seen = set() if seen is None else seen
    for used in uses.get(folder, []):
        if used not in seen:
            seen.add(used)
            reachable(used, seen)
    return seen


banned = {
    r"setHtml\(|setMarkdown\(|insertHtml\(": "foreign text must never become markup",
    r"QMessageBox": "failures go to the message bar",
    r"processEvents\(|QEventLoop": "no nested event loop",
    r"QFileDialog::get": "no nested event loop",
    r"git_commit_create\(|git_checkout_|git_index_add": "ruled out for landing",
}

sources = [p for part in ("core", "ui", "app") for p in sorted((root / part).rglob("*")) if p.suffix in (".h", ".cpp")]
for path in sources:
    checked += 1
    name = path.relative_to(root).as_posix()
    folder = "/".join(name.split("/")[:2])
    text = path.read_text()
    if "SPDX-License-Identifier: GPL-3.0-or-later" not in text.split("\n", 1)[0]:
        findings.append(f"{name}: the first line is not the licence line")
    if folder in rank:
        allowed = reachable(folder) | {folder}
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
        if include:
            target = include.group(1)
            if name.startswith("core/") and re.match(r"(Q[A-Z]|Qt|K[A-Z])", target):
                findings.append(f"{name}:{number}: Qt in core: {target}")
            target_folder = "/".join(target.split("/")[:2])
            if folder in rank and target_folder in rank and target_folder not in allowed:
                findings.append(f"{name}:{number}: {folder} may not include {target}")
            if folder in rank and target.startswith("app/"):
                findings.append(f"{name}:{number}: nothing includes the programs")
            continue
        for pattern, why in banned.items():
            if pattern.startswith("git_") and folder == "core/sample":
                continue  # it makes a repository of its own, where nothing can be lost
            if re.search(pattern, line) and not line.lstrip().startswith("//"):
                findings.append(f"{name}:{number}: {why}: {line.strip()}")

for folder in uses:
    for used in uses[folder]:
        if rank[used] >= rank[folder]:
            findings.append(f"{folder} uses {used}, which stands above it")

for finding in findings:
    print(finding)
print(f"{checked} files checked, {len(findings)} findings")
sys.exit(1 if findings or checked < 20 else 0)
