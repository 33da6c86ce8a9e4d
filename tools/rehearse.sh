#!/usr/bin/env bash
# The rehearsal of the database layer on this machine: three systemd hosts, stock Ansible: check mode,
# a first run, a second that must change nothing, check mode again. Ends by itself and
# takes down what it brought up. Needs root on Debian; installs what the lab needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ "$(id -u)" -eq 0 ] || { echo 'rehearse: the rehearsal needs root.' >&2; exit 1; }
hosts=(patroni1 patroni2 patroni3)
lab() { node bin/rolewright.js lab "$@"; }

echo 'rehearse: what the lab needs'
apt-get -qq update || true
DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends \
  systemd-container mmdebstrap iproute2 util-linux mount procps openssh-client >/dev/null

# A run that was killed on this machine, in another checkout, must not stand in the way of the next.
if [ "${CI:-}" = true ]; then lab down --all; else lab down --deployment lab; fi
trap 'lab down --deployment lab' EXIT
lab up --hosts "${hosts[@]}"

log=$(mktemp)
deploy() { # deploy <label> <args…>: runs the playbook, keeps its output
  local label=$1 began=$SECONDS
  shift
  echo "rehearse: $label"
  lab deploy --hosts "${hosts[@]}" -- "$@" | tee "$log"
  echo "rehearse: $label took $((SECONDS - began)) s"
}
unchanged() { # unchanged <label>: the recap of the last run must say changed=0 on every host
  local quiet
  quiet=$(grep -cE '^patroni[0-9] .*changed=0 .*unreachable=0 .*failed=0' "$log" || true)
  [ "$quiet" -eq "${#hosts[@]}" ] || { echo "rehearse: the $1 changed something" >&2; exit 1; }
}
deploy 'check mode on empty hosts' --check
deploy 'first run'
deploy 'second run'
unchanged 'second run'
deploy 'check mode on deployed hosts' --check --diff
unchanged 'check mode on deployed hosts'
echo "rehearse: passed in $SECONDS s"
