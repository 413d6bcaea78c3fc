// Everything the dialect declares; the one file that TableGen is run on.
include "NamedOps.td"
include "ShapeOps.td"
include "Reductions.td"
include "Norms.td"
include "Pooling.td"
include "StageOps.td"
