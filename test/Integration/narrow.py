#!/usr/bin/env python3
"""The models of the other generators in a 16-bit type: narrow.py TYPE-GROUP[-affine|-behind] DIRECTORY.

With `affine`, vectors (the parameters of norms) stay in f32, in the models without contractions, whose biases may not. With `behind`, the models
that begin with their only contraction: it is f32, and what follows it of the type.
"""
import os
import re
import sys

import graphs
import models
import reductions

TABLES = dict(models.GROUPS, graphs=graphs.GRAPHS, reductions=reductions.REDUCTIONS, norms=reductions.NORMS, pools=reductions.POOLS,
              shapes=reductions.SHAPES, merged=reductions.MERGED, tiles=reductions.TILES,
              **{"held": reductions.held(5), "held-full": reductions.held(300000)})
# Statistics and counts that are ops of the model are f32 themselves.
CONTRACTION, LEFT_OUT = re.compile(r"fusion\.(conv|linear|matmul)\b"), re.compile(r"fusion\.(moments|count)\b")


def narrowed(text, element, keep_vectors):
    def convert(match):
        return match.group(0) if keep_vectors and match.group(1).count("x") == 1 else "tensor<%s%s>" % (match.group(1), element)

    return re.sub(r"tensor<((?:[0-9?]+x)*)f32>", convert, text)


def behind(text, element):
    """A cast behind the contraction, which is the first op; nothing for other models."""
    head, first, *rest = text.split("\n")
    if not CONTRACTION.search(first) or CONTRACTION.search("".join(rest)):
        return None
    value, read = re.match(r"  (%\w+) =", first)[1], set(re.findall(r"%\w+", first))
    cast = "  %%wide = fusion.cast %s : %s to %s" % (value, re.search(r"-> (.*)", first)[1], narrowed(re.search(r"-> (.*)", first)[1], element, False))
    rest = [re.sub(value + r"\b", "%wide", narrowed(line, element, False)) for line in rest]
    if any(name in read for name in re.findall(r"%\w+", "".join(rest))):  # what the contraction reads is read again
        return None
    arguments = re.sub(r"(%\w+): (tensor<[^>]*>)", lambda m: m[0] if m[1] in read else m[1] + ": " + narrowed(m[2], element, False), head)
    front, back = arguments.rsplit(" -> ", 1)
    return "\n".join([front + " -> " + narrowed(back, element, False), first, cast] + rest)


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: narrow.py TYPE-GROUP[-affine|-behind] DIRECTORY")
    element, group = sys.argv[1].split("-", 1)
    options = [word for word in ("affine", "behind") if group.endswith("-" + word)]
    group = group[:-len("-" + options[0])] if options else group
    os.makedirs(sys.argv[2], exist_ok=True)
    for name, model in TABLES[group].items():
        model, results = model if isinstance(model, tuple) else (model, None)
        text = model.text(name, results)
        if LEFT_OUT.search(text) or ("affine" in options and CONTRACTION.search(text)):
            continue
        text = behind(text, element) if "behind" in options else narrowed(text, element, "affine" in options)
        if text:
            with open(os.path.join(sys.argv[2], name + ".mlir"), "w") as file:
                file.write(text)


if __name__ == "__main__":
    main()
