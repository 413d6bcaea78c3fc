// Everything the dialect declares; the one file that TableGen is run on.
include "NamedOps.td"
include "StageOps.td"
