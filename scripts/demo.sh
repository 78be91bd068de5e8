#!/usr/bin/env bash
# Checks every example on every backend against its reference outputs, then compiles one of them for
# both targets and runs the generated HLS code in C simulation. Exits non-zero if anything fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly QONNXC=target/release/qonnxc
[[ -x $QONNXC ]] || { echo "demo: $QONNXC is missing; run 'make demo'" >&2; exit 1; }

failed=0

# verify NAME BACKENDS [OPTION ...]: one row of the table. Where it fails, what qonnxc said follows its row.
verify() {
  local name=$1 label=$1 backends=$2 output start milliseconds result=ok
  shift 2
  [[ $1 != --input-type ]] || label="$name, input $2"
  start=$(date +%s%N)
  output=$("$QONNXC" verify "examples/$name.onnx" --inputs "examples/$name.inputs.npz" \
    --backends "$backends" "$@" 2>&1) || result=FAILED
  milliseconds=$((($(date +%s%N) - start) / 1000000))
  printf '%-28s %-23s %-7s %4d.%03d\n' "$label" "$backends" "$result" \
    $((milliseconds / 1000)) $((milliseconds % 1000))
  if [[ $result != ok ]]; then
    sed 's/^/    /' <<<"$output"
    failed=1
  fi
}

printf '%-28s %-23s %-7s %8s\n' model backends result seconds
for model in examples/*.onnx; do
  name=$(basename "$model" .onnx)
  case $name in
    # There are no hardware layers for convolutions yet.
    *_cnn) backends=interp,qint,int,cpu ;;
    *) backends=interp,qint,int,cpu,hls ;;
  esac
  verify "$name" "$backends" --expect "examples/$name.outputs.npz"
done
# With its input quantized this network is another one, which has no outputs of its own to expect.
verify wine_mlp interp,int,cpu,hls --input-type 'fixed<16,6>'

"$QONNXC" compile examples/digits_mlp.onnx --target cpu -o out/digits_cpu
"$QONNXC" compile examples/digits_mlp.onnx --target hls -o out/digits_hls
make -C out/digits_hls csim

exit "$failed"
