#!/usr/bin/env python3
"""The models of the other generators in a 16-bit type, those without contractions: narrow.py TYPE-GROUP[-affine] DIRECTORY.

With `affine`, vectors (the parameters of norms) stay in f32.
"""
import os
import re
import sys

import graphs
import models
import reductions

TABLES = dict(models.GROUPS, graphs=graphs.GRAPHS, reductions=reductions.REDUCTIONS, norms=reductions.NORMS, pools=reductions.POOLS,
              shapes=reductions.SHAPES, merged=reductions.MERGED)
# Statistics and counts that are ops of the model are f32 themselves.
LEFT_OUT = re.compile(r"fusion\.(conv|linear|matmul|moments|count)\b")


def narrowed(text, element, keep_vectors):
    def convert(match):
        return match.group(0) if keep_vectors and match.group(1).count("x") == 1 else "tensor<%s%s>" % (match.group(1), element)

    return re.sub(r"tensor<((?:[0-9?]+x)*)f32>", convert, text)


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: narrow.py TYPE-GROUP[-affine] DIRECTORY")
    element, group, *options = sys.argv[1].split("-")
    os.makedirs(sys.argv[2], exist_ok=True)
    for name, model in TABLES[group].items():
        model, results = model if isinstance(model, tuple) else (model, None)
        text = model.text(name, results)
        if not LEFT_OUT.search(text):
            with open(os.path.join(sys.argv[2], name + ".mlir"), "w") as file:
                file.write(narrowed(text, element, "affine" in options))


if __name__ == "__main__":
    main()
