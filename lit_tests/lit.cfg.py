# Runs the same files with plain `lit lit_tests`. The harness in harness.rs is what `cargo test` uses; it alone compares
# snapshots. QONNX_BUILD=release takes the tools of a release build.
import os
import shutil

import lit.formats

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
llvm = os.environ.get("MLIR_SYS_220_PREFIX", "/usr/lib/llvm-22")
models = os.path.join(root, "..", "shared", "models")

config.name = "qonnx-mlir"
config.test_format = lit.formats.ShTest(True)
config.suffixes = [".mlir", ".test"]
config.test_source_root = os.path.join(root, "lit_tests")
config.test_exec_root = os.path.join(root, "target", "lit")
each_pass = (
    "--mlir-print-ir-after-all --mlir-print-ir-after-change --mlir-print-ir-module-scope "
    "--mlir-print-local-scope --mlir-disable-threading -o /dev/null 2>&1"
)
config.substitutions += [("%each_pass", each_pass), ("%examples", os.path.join(root, "examples")), ("%models", models)]
build = os.environ.get("QONNX_BUILD", "debug")
path = [os.path.join(root, "target", build), os.path.join(llvm, "bin"), os.environ["PATH"]]
config.environment["PATH"] = os.pathsep.join(path)
features = {
    "models": os.path.isdir(models),
    "g++": shutil.which("g++") is not None,
    "ap_types": os.path.exists(os.path.join(root, ".venv", "ap_types", "ap_int.h")),
}
config.available_features.update(name for name, found in features.items() if found)
