# Thin names for the commands of this repository; what they do is in scripts/ and in xtask.
.PHONY: setup demo test test-full fuzz bench lint

# How long `make fuzz` looks for each reader of files, in seconds.
FUZZ_SECONDS = 60

setup:
	scripts/setup.sh

demo: setup
	cargo build --release -p qonnx-tools
	scripts/demo.sh

test: setup
	cargo test --workspace

test-full: export QONNX_FULL = 1
test-full: test

fuzz: setup
	cargo build --release -p qonnx-fuzz
	for target in onnx mlir npz; do target/release/qonnx-fuzz find $$target --seconds $(FUZZ_SECONDS) || exit 1; done

bench: setup
	cargo bench --workspace

lint: setup
	@cargo fmt --version >/dev/null && cargo clippy --version >/dev/null \
	  || { echo 'lint: install: rustup component add rustfmt clippy (without rustup: the packages of your Rust)' >&2; exit 1; }
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo xtask tidy
	cargo xtask docs --check
