"""The parts of benchmarks/run. They need Python 3.9 and its standard library; PyTorch is used where it is there."""
