#!/usr/bin/env bash
# The rehearsal of the database layer on this machine: three systemd hosts, stock Ansible, twice. Ends by itself and
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

deploy() { # deploy <label> <args…>: runs the playbook, keeps its recap
  local label=$1 began=$SECONDS
  shift
  echo "rehearse: $label"
  lab deploy --hosts "${hosts[@]}" -- "$@" | tee "$log"
  echo "rehearse: $label took $((SECONDS - began)) s"
}
log=$(mktemp)
deploy 'first run'
deploy 'second run'
if grep -E '^patroni[0-9]' "$log" | grep -vE 'changed=0 .*unreachable=0 .*failed=0'; then
  echo 'rehearse: the second run changed something' >&2
  exit 1
fi
echo "rehearse: passed in $SECONDS s"
