#!/usr/bin/env bash
# All tests: types, style, then everything in test/. Brings what it needs. Exit status 0 only if all of it passed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -d node_modules ] || npm ci --no-audit --no-fund
bash tools/setup.sh
echo 'test: type checker'
npx tsc --noEmit
echo 'test: formatter and linter'
npx biome check --error-on-warnings .
echo 'test: generated/ is what the sources say'
node bin/rolewright.js build --check
# Where the machine's Go was too old, tools/programs.sh has brought another one.
if [ -x .tools/go/bin/go ]; then export PATH=$PWD/.tools/go/bin:$PATH; fi
npx vitest run "$@"
