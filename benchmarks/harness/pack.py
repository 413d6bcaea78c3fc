"""Compiles every chain and packs programs, runtime library and this tool: a folder, or a .tar.gz, for a machine with a GPU, Python and no LLVM.

It is refused above its limit of 64 MB, or less with --limit-mb.
"""
import concurrent.futures
import gzip
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from . import chains, compiler

LIMIT = 64 * 10**6
LIBRARIES = ["build-runtime-portable", "build-portable", "build-runtime"]


def add_arguments(parser):
    compiler.add_arguments(parser)
    parser.add_argument("--images", choices=["cubin", "source"], default="cubin",
                        help="cubin: compiled for --arch now, without source; source: the device's compiler does it there, as the host driver must")
    parser.add_argument("--runtime", metavar="FOLDER", help=f"build folder with lib/libfusion_runtime.so (default: the first of {', '.join(LIBRARIES)} that has it, else --build)")
    parser.add_argument("--host-driver", action="store_true", help="take libfusion_host.so along, for --device=host")
    parser.add_argument("--limit-mb", type=float, default=LIMIT / 1e6, help="refuse a larger pack (default and most: %(default)g)")
    parser.add_argument("-o", dest="output", required=True, metavar="FOLDER|FILE.tar.gz", help="a folder that is new, empty or an older pack")


class Packer:
    """Fills a folder."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.tools = compiler.Compiler(options.build, options.arch, options.timeout)
        (folder / "programs").mkdir(parents=True)

    def program(self, model, name, grad, *further):
        """Compiles one program, cold: where it lies, and the seconds it took."""
        raw, done = self.folder / f"{name}.raw", self.folder / f"{name}.done"
        seconds, _ = self.tools.tool("fusion-opt", model, "--emit=program", f"--grad={grad}", f"--arch={self.options.arch}", *further, "-o", raw)
        if self.options.images == "cubin":
            with tempfile.TemporaryDirectory() as cache:
                more, _ = self.tools.tool("fusion-embed", raw, "-o", done, f"--images={self.options.arch}", "--drop-source", environment={"FUSION_CACHE_DIR": cache, "XDG_CACHE_HOME": cache})
            seconds += more
            raw.unlink()
        else:
            raw.rename(done)
        path = self.folder / "programs" / f"{name}.json.gz"
        path.write_bytes(gzip.compress(done.read_bytes(), mtime=0))
        done.unlink()
        return {"program": f"programs/{name}.json.gz", "compile_s": round(seconds, 3)}

    def chain(self, facts):
        model = self.folder / f"{facts.number}.mlir"
        model.write_text(facts.text, encoding="utf-8")
        entry = {"chain": facts.number, "name": facts.name}
        try:
            plan = self.tools.plan(model, facts)
            for key, grad in (("forward", "none"), ("training", "all")):
                plan[key].update(self.program(model, f"{facts.number}-{key}", grad))
            entry.update(plan)
        except compiler.Failed as error:
            entry["error"] = str(error)
        model.unlink()
        print(f"chain {facts.number}: {entry.get('error') or 'packed'}", file=sys.stderr, flush=True)
        return entry

    def extras(self):
        reports, rates = self.tools.extras(self.folder)
        entries = {}
        for name in compiler.EXTRAS:
            model = self.folder / f"{name}.mlir"
            if name in ("copy", "matmul") and self.options.images == "cubin":  # as source they would run on the host driver, for hours
                entries[name] = {"forward": reports[name], **self.program(model, name, "none")}
            model.unlink()
        return entries, rates

    def copy_tool(self, facts):
        shutil.copy2(chains.HERE.parent / "run", self.folder / "run")
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(chains.HERE, self.folder / "harness", ignore=ignored)
        shutil.copytree(chains.MODULES, self.folder / "chains", ignore=ignored)
        shutil.copy2(facts, self.folder / "facts.json")

    def copy_runtime(self):
        """The runtime library, under the name that its device plugins expect beside it."""
        folders = [self.options.runtime] if self.options.runtime else [*LIBRARIES, self.options.build]
        found = next((folder for folder in (compiler.ROOT / name / "lib" for name in folders) if (folder / "libfusion_runtime.so").exists()), None)
        if not found:
            raise compiler.Failed(f"expected libfusion_runtime.so in lib/ of {', '.join(map(str, folders))}, but found none; "
                                  "scripts/build --preset=runtime-portable fusion_runtime makes one that needs libc only")
        (self.folder / "lib").mkdir()
        for name in ["libfusion_runtime.so", *["libfusion_host.so"] * self.options.host_driver]:
            if not (found / name).exists():
                raise compiler.Failed(f"expected {name} in {found}, but found none")
            shutil.copyfile(found / name, self.folder / "lib" / name)
        needed = subprocess.run(["readelf", "-d", self.folder / "lib" / "libfusion_runtime.so"], capture_output=True, text=True).stdout if shutil.which("readelf") else ""
        if "libstdc++" in needed:
            print(f"benchmarks: warning: {found}/libfusion_runtime.so needs the C++ library of the machine it runs on; --preset=runtime-portable does not", file=sys.stderr)
        return "lib/libfusion_runtime.so"


def size_of(path):
    return path.stat().st_size if path.is_file() else sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def deliver(folder, target):
    """The pack where it is wanted; an older pack there is replaced, anything else is not touched."""
    if target.name.endswith(".tar.gz"):
        with tarfile.open(folder.parent / "pack.tar.gz", "w:gz") as archive:
            archive.add(folder, arcname=target.name[:-len(".tar.gz")])
        return folder.parent / "pack.tar.gz"
    return folder


def run(options):
    target = Path(options.output)
    if not 0 < options.limit_mb <= LIMIT / 1e6:
        return compiler.complain(f"expected a limit of at most {LIMIT / 1e6:g} MB, but got {options.limit_mb:g}")
    if target.is_dir() and any(target.iterdir()) and not (target / "index.json").is_file():
        return compiler.complain(f"expected a new or empty folder or an older pack, but got {target}")
    try:
        facts = chains.read(options.file, options.only)
    except chains.FactError as error:
        return compiler.complain(error) - 1
    target.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.absolute().parent, prefix=".pack-") as temporary:
        folder = Path(temporary) / "pack"
        packer = Packer(options, folder)
        missing = packer.tools.missing("fusion-opt", *["fusion-embed"] * (options.images == "cubin"))
        if missing:
            return compiler.complain(missing)
        try:
            library = packer.copy_runtime()
            packer.copy_tool(options.file or chains.FACTS)
            extras, rates = packer.extras()
        except compiler.Failed as error:
            return compiler.complain(error) - 1
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            entries = list(pool.map(packer.chain, facts))
        index = {"format": "fusion-benchmark-pack", "version": 1, "arch": options.arch, "images": options.images, "library": library, "device_rates": rates,
                 "host": {"machine": platform.machine(), "cores": os.cpu_count(), "jobs": options.jobs}, "extras": extras, "chains": entries}
        (folder / "index.json").write_text(json.dumps(index, separators=(",", ":")).replace('{"chain"', '\n{"chain"') + "\n", encoding="utf-8")
        made = deliver(folder, target)
        size = size_of(made)
        if size > options.limit_mb * 1e6:
            return compiler.complain(f"expected a pack of at most {options.limit_mb:g} MB, but got {size / 1e6:.1f} MB; pack fewer chains with --only, or a .tar.gz") - 1
        if target.is_dir():
            shutil.rmtree(target)
        os.replace(made, target)
    failed = [str(entry["chain"]) for entry in entries if "error" in entry]
    print(f"packed: {len(entries) - len(failed)} of {len(entries)} chains for {options.arch}, {size / 1e6:.1f} MB in {target}" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0
