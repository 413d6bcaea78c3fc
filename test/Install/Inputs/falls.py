"""Reads `step N loss X` lines from standard input: there must be 20, each loss below the one before, the last well below the first."""
import re
import sys

losses = [float(match[2]) for line in sys.stdin if (match := re.fullmatch(r"step +(\d+) loss ([0-9.]+)\n", line))]
if len(losses) != 20:
    sys.exit(f"expected 20 steps, but got {len(losses)}")
for step, (before, after) in enumerate(zip(losses, losses[1:]), 2):
    if not after < before:
        sys.exit(f"expected a falling loss, but step {step} goes from {before} to {after}")
if losses[-1] > 0.8 * losses[0]:
    sys.exit(f"expected the loss to fall by a fifth at least, but got {losses[0]} to {losses[-1]}")
print(f"loss falls from {losses[0]} to {losses[-1]}")
