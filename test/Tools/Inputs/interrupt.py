"""interrupt.py LINE COMMAND...: sends Ctrl-C's signal when the command's standard error has a line with LINE; its exit code is that of the command."""
import signal
import subprocess
import sys

process = subprocess.Popen(sys.argv[2:], stderr=subprocess.PIPE, text=True)
sent = False
for line in process.stderr:
    sys.stderr.write(line)
    if not sent and sys.argv[1] in line:
        process.send_signal(signal.SIGINT)
        sent = True
sys.exit(process.wait() if sent else f"no line with '{sys.argv[1]}'")
