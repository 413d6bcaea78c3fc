#!/usr/bin/env python3
"""Says which options of a tool's help text a page does not name: options-named.py HELP PAGE."""
import re
import sys

help_text, page = (open(path).read() for path in sys.argv[1:])
options = set(re.findall(r"--[a-z-]+", help_text))
missing = sorted(o for o in options if not re.search("`" + o + "[=`]", page))
if missing or len(options) < 20:
    sys.exit("%s does not name: %s" % (sys.argv[2], ", ".join(missing) or "enough to be the page of this help"))
