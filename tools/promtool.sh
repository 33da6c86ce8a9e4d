#!/usr/bin/env bash
# Prints the path of promtool: the machine's own, or one taken out of Debian's packages, which is kept in .tools.
# Exit status: 0 there, 2 could not be had.
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
kept=$project/.tools/promtool

command -v promtool && exit 0
if [ -x "$kept" ]; then
  echo "$kept"
  exit 0
fi
command -v apt-get >/dev/null || exit 2

# Debian 13 has it in a package of its own, Debian 12 in that of Prometheus.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
for package in promtool prometheus; do
  apt-get -qq download "$package" >/dev/null 2>&1 || continue
  dpkg-deb -x "$package"_*.deb .
  if [ -x usr/bin/promtool ]; then
    mkdir -p "$project/.tools"
    # Another run may do the same at this moment.
    mv usr/bin/promtool "$kept.$$"
    mv "$kept.$$" "$kept"
    echo "$kept"
    exit 0
  fi
done
echo 'promtool: neither the machine nor its package archive has it.' >&2
exit 2
