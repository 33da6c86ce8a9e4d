#!/usr/bin/env bash
# Brings Ansible, its collections, ansible-lint and yamllint at pinned versions into .venv, a folder of the project.
# Safe to run at any time: it does nothing when .venv is already what tools/requirements.txt asks for.
#
# Where no Python index is reachable, .venv is made around Debian's own packages instead, and .venv/fallback says in
# plain lines what is not run then. Tests read that file.
#
# Environment: PYTHON  the interpreter to build on (python3). pip's own PIP_* variables are honoured.
# Exit status: 0 ready, 2 could not be made ready.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
requirements=$project/tools/requirements.txt
venv=$project/.venv
stamp=$venv/stamp
fallback=$venv/fallback
python=${PYTHON:-python3}

# Ansible refuses to start in a locale that is not UTF-8.
export LC_ALL=C.UTF-8 PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf 'setup: %s\n' "$*"; }

fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 2
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  # Package lists may be missing (fresh images) or stale; apt says so itself when it cannot renew them.
  apt-get -qq update || true
  apt-get -qq install --yes --no-install-recommends "$@" >/dev/null
}

# The environment belongs to one place and one list of pins: scripts in it hold its absolute path.
wanted() {
  {
    printf '%s\n' "$project"
    cat "$requirements" "${BASH_SOURCE[0]}"
  } | sha256sum | cut -d ' ' -f 1
}

has_venv() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }

need_python() {
  has_venv && return
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    fail "$python cannot make virtual environments." 'Install what is missing: apt-get install python3-venv'
  fi
  say "$python cannot make virtual environments: installing python3-venv"
  apt_install python3 python3-venv || fail 'apt-get could not install python3-venv.'
  hash -r
  has_venv || fail "$python still cannot make virtual environments; set PYTHON=/usr/bin/python3."
}

need_version() {
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed, $python is $("$python" -V)." 'Set PYTHON to a newer one.'
}

# Whether an index (or a folder of wheels) answers at all, asked with the smallest of the pins.
index_reachable() {
  local pin dir status=0
  pin=$(grep '^distro==' "$requirements")
  dir=$(mktemp -d)
  "$venv/bin/python" -m pip --retries 1 --timeout 15 download --quiet --no-deps --no-cache-dir --dest "$dir" "$pin" \
    >/dev/null 2>&1 || status=1
  rm -rf "$dir"
  return "$status"
}

install_pins() {
  say "installing $(grep -c '==' "$requirements") pinned packages (Ansible is large: half a minute on a fast line)"
  "$venv/bin/python" -m pip install --quiet --requirement "$requirements" ||
    fail 'pip could not install tools/requirements.txt; its message is above.'
}

install_fallback() {
  local packages=(python3 python3-venv ansible ansible-lint yamllint python3-psycopg2 python3-dnspython) tool
  say 'no Python index is reachable: using the Ansible of Debian'
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    say "installing ${packages[*]} with apt-get"
    apt_install "${packages[@]}" || fail 'apt-get could not install them either.'
  elif [ ! -x /usr/bin/ansible-playbook ] || [ ! -x /usr/bin/ansible-lint ] || [ ! -x /usr/bin/yamllint ]; then
    fail 'Debian'"'"'s Ansible is not installed.' "As root: apt-get install ${packages[*]}"
  fi
  rm -rf "$venv"
  # Debian's packages are visible to Debian's interpreter only, whatever python3 means here.
  /usr/bin/python3 -m venv --system-site-packages "$venv"
  for tool in ansible ansible-config ansible-doc ansible-galaxy ansible-inventory ansible-lint ansible-playbook \
    ansible-vault yamllint; do
    ln -s "/usr/bin/$tool" "$venv/bin/$tool"
  done
  {
    printf 'No Python index was reachable, so Ansible is Debian'"'"'s: %s.\n' "$(/usr/bin/ansible --version | head -n 1)"
    printf 'Not run: the check that the typed modules match Ansible (import module --check), which needs the pinned versions.\n'
    printf 'Not run: the rules that only the pinned ansible-lint knows; %s checks the rest.\n' \
      "$(NO_COLOR=1 /usr/bin/ansible-lint --version 2>/dev/null | head -n 1)"
  } >"$fallback"
}

# Only one set-up at a time in one project; the lock is on the folder itself, so that nothing is left behind.
exec 9<"$project"
flock 9

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(wanted)" ] && "$venv/bin/python" -c '' 2>/dev/null; then
  if [ -f "$fallback" ]; then
    # An index may have come back since; until then the fallback stays.
    if ! index_reachable; then
      say 'ready, with the Ansible of Debian:'
      sed 's/^/setup:   /' "$fallback"
      exit 0
    fi
  else
    say 'the Ansible tool chain in .venv is up to date'
    exit 0
  fi
fi

need_python
need_version
say "making .venv with $("$python" -V)"
"$python" -m venv --clear "$venv" || fail 'The virtual environment could not be made.'
if index_reachable; then
  install_pins
else
  install_fallback
fi
wanted >"$stamp"
say "ready: $("$venv/bin/ansible" --version | head -n 1), $(NO_COLOR=1 "$venv/bin/ansible-lint" --version 2>/dev/null | head -n 1)"
if [ -f "$fallback" ]; then sed 's/^/setup:   /' "$fallback"; fi
