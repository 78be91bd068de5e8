# Runs the same files with plain `lit lit_tests` (the harness in harness.rs is what `cargo test` uses).
import os
import lit.formats

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
llvm = os.environ.get("MLIR_SYS_220_PREFIX", "/usr/lib/llvm-22")

config.name = "qonnx-mlir"
config.test_format = lit.formats.ShTest(True)
config.suffixes = [".mlir", ".test"]
config.test_source_root = os.path.join(root, "lit_tests")
config.test_exec_root = os.path.join(root, "target", "lit")
build = os.environ.get("QONNX_BUILD", "debug")
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(root, "target", build), os.path.join(llvm, "bin"), os.environ["PATH"]]
)
if os.path.isdir(os.path.join(root, "..", "shared", "models")):
    config.available_features.add("models")
