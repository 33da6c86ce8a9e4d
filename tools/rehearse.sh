#!/usr/bin/env bash
# The rehearsal of the whole deployment on this machine: every host under systemd, stock Ansible. Check mode on empty hosts, a
# first run, a second that must change nothing, check mode again, every file compared with its preview, the questions of
# verify.yml, a search for secrets, damage by hand that the next run mends, certificates of an ACME server, and the internet
# cut. Ends by itself and takes down what it brought up.
# Usage: rehearse.sh [--without damage|acme|lockdown …]. Needs root on Debian; installs what the lab needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ "$(id -u)" -eq 0 ] || { echo 'rehearse: the rehearsal needs root.' >&2; exit 1; }
without=" "
while [ $# -gt 0 ]; do
  case $1 in
    --without) ;;
    damage | acme | lockdown) without+="$1 " ;;
    *) echo "rehearse: there is no $1 to leave out" >&2; exit 2 ;;
  esac
  shift
done
lab() { node bin/rolewright.js lab "$@"; }
drill() { # drill <name> [args…]: a program of test/drills, in the project's folder
  npx esbuild "test/drills/$1.ts" --bundle --platform=node --format=esm --packages=external --log-level=warning \
    --outfile="dist/drills/$1.js"
  node "dist/drills/$1.js" "${@:2}"
}
stage() { # stage <label> <command…>: says what is done and how long it took
  local label=$1 began=$SECONDS
  echo "rehearse: $label"
  "${@:2}"
  echo "rehearse: $label took $((SECONDS - began)) s"
}

echo 'rehearse: what the lab needs'
apt-get -qq update || true
DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends \
  systemd-container mmdebstrap iproute2 util-linux mount procps openssh-client openssl >/dev/null

# A run that was killed on this machine, in another checkout, must not stand in the way of the next.
if [ "${CI:-}" = true ]; then lab down --all; else lab down --deployment lab; fi
logs=$(mktemp -d)
end() {
  lab down --deployment lab
  rm -rf "$logs"
}
trap end EXIT

deploy() { # deploy <log> <args…>: runs a playbook, keeps its output
  lab deploy "${@:2}" | tee "$logs/$1"
}
unchanged() { # unchanged <log>: the recap must say changed=0 and failed=0 of every host
  local recap
  recap=$(sed -n '/^PLAY RECAP/,$p' "$logs/$1" | grep -E '^[a-z0-9-]+ +: ok=')
  if grep -vE 'changed=0 .*unreachable=0 .*failed=0' <<<"$recap"; then
    echo "rehearse: the run above changed something ($1)" >&2
    exit 1
  fi
  echo "rehearse: nothing changed on $(wc -l <<<"$recap") hosts"
}

stage 'booting' lab up --fresh
stage 'check mode on empty hosts' deploy empty -- --check
stage 'first run' deploy first
# Early, so that monitoring has seen it by the time that is asked.
drill respond
stage 'second run' deploy second
unchanged second
stage 'check mode on deployed hosts' deploy deployed -- --check --diff
unchanged deployed
stage 'files as they were previewed' drill preview
stage 'what clients ask' deploy verify --playbook verify.yml
stage 'a search for secrets' drill secrets "$logs"/*
[[ $without == *' damage '* ]] || stage 'damage by hand' drill damage
[[ $without == *' acme '* ]] || stage 'certificates of an ACME server' drill acme
[[ $without == *' lockdown '* ]] || stage 'the internet cut' drill lockdown
echo "rehearse: passed in $SECONDS s"
