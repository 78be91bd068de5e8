#!/usr/bin/env bash
# Checks every example on every backend against its reference outputs, then compiles one of them for
# both targets and runs the generated HLS code in C simulation. Exits non-zero if anything fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly QONNXC=target/release/qonnxc
[[ -x $QONNXC ]] || { echo "demo: $QONNXC is missing; run 'make demo'" >&2; exit 1; }

failed=0

# verify NAME BACKENDS: one row of the table; a failing run's own words follow its row.
verify() {
  local name=$1 backends=$2 log start result=ok
  log=$(mktemp)
  start=$(date +%s%N)
  "$QONNXC" verify "examples/$name.onnx" --inputs "examples/$name.inputs.npz" \
    --expect "examples/$name.outputs.npz" --backends "$backends" >"$log" 2>&1 || result=FAILED
  local milliseconds=$((($(date +%s%N) - start) / 1000000))
  printf '%-12s %-22s %-7s %4d.%03d\n' "$name" "$backends" "$result" \
    $((milliseconds / 1000)) $((milliseconds % 1000))
  if [[ $result != ok ]]; then
    sed 's/^/    /' "$log"
    failed=1
  fi
  rm -f "$log"
}

printf '%-12s %-22s %-7s %8s\n' model backends result seconds
for model in examples/*.onnx; do
  name=$(basename "$model" .onnx)
  case $name in
    # Compiling the C simulation of a convolution takes minutes, too long for a demonstration.
    *_cnn) verify "$name" interp,int,cpu ;;
    *) verify "$name" interp,int,cpu,hls ;;
  esac
done

"$QONNXC" compile examples/digits_mlp.onnx --target cpu -o out/digits_cpu
"$QONNXC" compile examples/digits_mlp.onnx --target hls -o out/digits_hls
make -C out/digits_hls csim

exit "$failed"
