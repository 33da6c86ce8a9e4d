#!/usr/bin/env bash
# Writes what a change does to the deployments into a file of Markdown, as a CI job posts it: rolewright diff for each of them,
# cut to what a comment may hold. Usage: review-comment.sh <base> <file> [deployment…]; production unless told.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
base=$1 file=$2
shift 2
[ $# -gt 0 ] || set -- production
# GitHub takes 65,536 characters; what is cut is in the job's log.
limit=60000
{
  echo '<!-- rolewright diff -->'
  for deployment in "$@"; do
    node bin/rolewright.js diff "$base" --deployment "$deployment" --format md
  done
} >"$file"
cat "$file"
if [ "$(wc -m <"$file")" -gt $limit ]; then
  python3 - "$file" $limit <<'PYTHON'
import sys

path, limit = sys.argv[1], int(sys.argv[2])
with open(path, encoding="utf-8") as file:
    text = file.read()
with open(path, "w", encoding="utf-8") as file:
    # A block that is cut has to be closed, or it swallows the note.
    file.write(text[:limit] + "\n```\n\n</details>\n\nCut here: the job's log has the whole.\n")
PYTHON
fi
