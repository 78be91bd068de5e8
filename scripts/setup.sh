#!/usr/bin/env bash
# Installs what the build and the tests need and nothing that is already there: LLVM and MLIR 22 from
# the distribution, and the ap_types headers that the generated HLS code is simulated with.
# Safe to run again; with everything in place it takes well under a second.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The libz3, libedit, libffi, libxml2, zlib and zstd packages are what `llvm-config --libs` links.
readonly PACKAGES=(
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools clang-22 libclang-22-dev lld-22
  libpolly-22-dev libzstd-dev zlib1g-dev libxml2-dev libffi-dev libedit-dev libz3-dev
  g++ make python3 python3-venv
)
readonly HLS4ML_VERSION=1.3.0

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# Prints the packages of PACKAGES that are not installed, one a line.
missing_packages() {
  local package
  # dpkg-query exits non-zero when it does not know one of the names; what it does know is the answer.
  local installed
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${PACKAGES[@]}" 2>/dev/null || true)
  for package in "${PACKAGES[@]}"; do
    grep -qxF "$package installed" <<<"$installed" || printf '%s\n' "$package"
  done
}

install_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    [[ -d /usr/lib/llvm-22 ]] && return
    die "no apt on this system; install LLVM, MLIR, clang and lld 22 under /usr/lib/llvm-22, a C++ compiler, make, and python3 with venv"
  fi
  local missing
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]})) || return 0
  local root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "not root and no sudo; install as root: ${missing[*]}"
    root=(sudo)
  fi
  say "installing ${missing[*]}"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" || die "apt-get could not install: ${missing[*]} (in Debian 12, LLVM 22 is in bookworm-security, which the sources must name)"
}

# Prints a Python that can make a virtual environment. The distribution's own comes first: it is the
# one whose venv module install_packages has just made sure of.
find_python() {
  local python
  for python in /usr/bin/python3 python3; do
    if "$python" -c 'import sys, venv, ensurepip; assert sys.version_info >= (3, 9)' 2>/dev/null; then
      printf '%s\n' "$python"
      return
    fi
  done
  die "no python3 (3.9 or newer) with the venv module found"
}

# Only the headers of the hls4ml wheel are used, so neither its dependencies nor its own lower bound on
# the Python version matter.
install_ap_types() {
  # The folder that pip names after the version: another version than the wanted one is replaced.
  compgen -G ".venv/lib/python*/site-packages/hls4ml-$HLS4ML_VERSION.dist-info" >/dev/null \
    && [[ -f .venv/ap_types/ap_fixed.h ]] && return
  local python site
  python=$(find_python)
  say "creating .venv with hls4ml $HLS4ML_VERSION (for its ap_types headers)"
  # Cleared, because one that is left from an interrupted run or a removed Python cannot be mended.
  "$python" -m venv --clear .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
    --ignore-requires-python "hls4ml==$HLS4ML_VERSION" \
    || die "pip could not install hls4ml $HLS4ML_VERSION; it needs access to PyPI or a mirror of it"
  site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  [[ -f $site/hls4ml/templates/vivado/ap_types/ap_fixed.h ]] \
    || die "hls4ml $HLS4ML_VERSION has no templates/vivado/ap_types/ap_fixed.h"
  # Relative, so that a moved or copied checkout keeps working.
  ln -sfn "${site#"$PWD/.venv/"}/hls4ml/templates/vivado/ap_types" .venv/ap_types
}

command -v cargo >/dev/null || die "cargo not found; install Rust from https://rustup.rs"
install_packages
install_ap_types
