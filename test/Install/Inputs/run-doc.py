"""Does what a document shows: writes its files, runs its commands in order and compares what they print. Usage: run-doc.py DOCUMENT FOLDER."""
import difflib
import re
import subprocess
import sys
from pathlib import Path

document, folder = Path(sys.argv[1]), Path(sys.argv[2])
parts = re.findall(r"<!-- (file: (\S+)|run|prints) -->\n```\w*\n(.*?)^```$", document.read_text(), re.DOTALL | re.MULTILINE)
output, commands = None, 0
for kind, name, text in parts:
    if name:
        (folder / name).write_text(text)
    elif kind == "run":
        if output is not None:
            sys.exit(f"{document}: expected a part marked `prints` behind the commands that print\n{output}")
        result = subprocess.run(["sh"], input=text, cwd=folder, capture_output=True, text=True)
        if result.stderr:
            sys.exit(f"{text}\nexpected nothing on standard error, but got\n{result.stderr}")
        output, commands = result.stdout, commands + 1
    else:
        if output != text:
            print("".join(difflib.unified_diff(text.splitlines(True), (output or "").splitlines(True), str(document), "what the commands print")))
            sys.exit(1)
        output = None
print(f"{commands} parts run")
sys.exit(0 if commands else f"{document}: expected parts to run, but got none")
