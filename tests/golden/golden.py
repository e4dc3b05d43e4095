# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the parts named on the command line (all without a name). --update writes the golden texts anew."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import support  # noqa: E402

PARTS = ["counts", "repository", "texts", "prompts", "badinput", "shared"]


def main():
    words = sys.argv[1:]
    if "--update" in words:
        words.remove("--update")
        os.environ["TACKROOM_GOLDEN_UPDATE"] = "1"
        words = words or ["texts", "prompts"]
    parts = [w for w in words if w in PARTS] or PARTS
    rest = [w for w in words if w not in PARTS]
    if not os.path.exists(support.CLI):
        print(f"there is no {support.CLI}; TACKROOM_BIN_DIR must name the folder of the programs")
        return 1
    suite = unittest.TestSuite()
    loader = unittest.TestLoader()
    if rest:
        loader.testNamePatterns = [f"*{w}*" for w in rest]
    for part in parts:
        suite.addTests(loader.loadTestsFromName(f"part_{part}"))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    for test, why in result.skipped:
        print(f"skipped {test}: {why}")
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
