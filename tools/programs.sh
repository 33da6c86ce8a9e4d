#!/usr/bin/env bash
# Installs on Debian, as root, what some of the tests need and the machine lacks. Starts no service and changes no setting.
# Usage: programs.sh [--list]. Exit status: 0 all there, 2 something could not be had.
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# Program, Debian's package of it, what the tests do with it. None of the packages has a service that starts by itself.
programs() {
  cat <<'END'
nft nftables rules of the firewall are loaded, and packets are sent through them
iptables-restore iptables the rules of DOCKER-USER, as Docker itself writes its own
ip iproute2 network namespaces between which those packets go
nsenter util-linux commands in such a namespace
unshare util-linux a namespace in which systemd is a stand-in
mount mount the same
systemd-analyze systemd calendars of timers are read by systemd itself
sysctl procps a namespace that answers each packet
named-checkzone bind9-utils zone files are checked by BIND's own program
rclone rclone the program that copies the bucket copies one
openssl openssl passwords are hashed and certificates made
git git branches that changed generated/ are merged
python3 python3 packets are made, and what Ansible reads is read
END
}

say() { printf 'programs: %s\n' "$*"; }
fail() {
  printf 'programs: %s\n' "$@" >&2
  exit 2
}
if [ "${1:-}" = --list ]; then
  programs
  echo 'promtool promtool or prometheus alerts are tested by Prometheus itself; unpacked into .tools, not installed'
  echo 'go golang-go programs that Debian lacks are built; where it is older than 1.21, a newer one comes into .tools'
  exit 0
fi

missing=()
while read -r program package _; do
  command -v "$program" >/dev/null || missing+=("$package")
done < <(programs)

go_is_new() { # go_is_new <go>: the first that fetches the version that is asked for is 1.21
  local version
  version=$("$1" env GOVERSION 2>/dev/null) || return 1
  version=${version#go1.}
  [ "${version%%[!0-9]*}" -ge 21 ] 2>/dev/null
}
newer=$project/.tools/go/bin/go
needs_go=yes
if go_is_new go || go_is_new "$newer"; then needs_go=; fi
if [ -n "$needs_go" ] && ! command -v go >/dev/null; then missing+=(golang-go); fi

# Packages must start nothing here, whatever they bring: Debian's way to say so is this program.
policy=/usr/sbin/policy-rc.d
aside=$policy.before-rolewright
mark='# Written by tools/programs.sh of rolewright, which takes it away again.'
allow_services() {
  if [ -e "$policy" ] && grep -qxF "$mark" "$policy"; then rm -f "$policy"; fi
  if [ -e "$aside" ]; then mv "$aside" "$policy"; fi
}
forbid_services() {
  # A run that was killed may have left them.
  allow_services
  trap allow_services EXIT
  if [ -e "$policy" ]; then mv "$policy" "$aside"; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
  chmod 0755 "$policy"
}

if [ "${#missing[@]}" -gt 0 ]; then
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    fail 'some programs are missing.' "As root on Debian: apt-get install --no-install-recommends ${missing[*]}"
  fi
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update || true
  forbid_services
  apt-get -qq install --yes --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get could not install ${missing[*]}."
  allow_services
  hash -r
fi

# Debian 12 has Go 1.19. It can fetch a newer one as a module, and compares it with Go's database of checksums.
if [ -n "$needs_go" ] && ! go_is_new go; then
  version=$(sed -n 's/.*"go": "\([0-9.]*\)".*/\1/p' "$project/roles-src/artifacts.json" | sort -V | tail -n 1)
  say "Go is $(go env GOVERSION): fetching $version into .tools"
  scratch=$(mktemp -d)
  ( # Go's cache of modules is read-only.
    trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
    cd "$scratch"
    module=golang.org/toolchain@v0.0.1-go$version.linux-$(go env GOARCH)
    GOFLAGS=-mod=mod GOPATH=$scratch GOMODCACHE=$scratch/modules go mod download "$module" || exit 1
    mkdir -p "$project/.tools"
    cp -R "modules/$module" fetched
    chmod -R u+w fetched
    # Modules have no executable files.
    find fetched/bin fetched/pkg/tool -type f -exec chmod 0755 {} +
    rm -rf "$project/.tools/go"
    mv fetched "$project/.tools/go"
  ) || fail "Go $version could not be fetched; install Go 1.21 or newer."
  go_is_new "$newer" || fail "The Go that was fetched does not run."
fi

if ! bash "$project/tools/promtool.sh" >/dev/null 2>&1; then
  apt-get -qq update || true
  bash "$project/tools/promtool.sh" >/dev/null || fail 'promtool could not be had from the package archive.'
fi
say 'all programs of the tests are there'
