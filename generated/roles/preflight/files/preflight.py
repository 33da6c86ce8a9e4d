"""Looks at a host before anything is changed, and prints as JSON all that is wrong with it, and what is worth a note.

What is expected comes as JSON in the environment variable PREFLIGHT. Nothing stays on the host.
"""

import json
import os
import platform
import re
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

# Declared amounts are what was bought; firmware, kernel and partitions take their share.
SHARE = 0.9
ICMP_HEADERS = 28
HOSTS = "/etc/hosts"


class Note(str):
    """What the deployment sets right by itself."""


def words(command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def amount(size):
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size:.0f} bytes"


def version(text):
    return [int(part) for part in re.findall(r"\d+", text)[:3]]


def versions(expected):
    release = expected["release"]
    with open("/etc/os-release", encoding="utf-8") as file:
        found = dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)
    codename = found.get("VERSION_CODENAME", "unknown").strip('"')
    if codename != release:
        yield f"the operating system is {found.get('PRETTY_NAME', codename)}, not Debian {release}"
    for program, current in (
        ("kernel", platform.release()),
        ("python", platform.python_version()),
        ("systemd", words(["systemctl", "--version"])),
        ("ansible", expected["ansible"]),
    ):
        floor = expected["versions"][program]
        if version(current) < version(floor):
            yield f"{program} is {'.'.join(map(str, version(current)))}, older than {floor}"


def hardware(expected):
    processors = os.cpu_count() or 0
    if processors < expected["cpus"]:
        yield f"it has {processors} processors, not the {expected['cpus']} declared"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if memory < expected["memory"] * SHARE:
        yield f"it has {amount(memory)} of memory, not the {amount(expected['memory'])} declared"
    yield from disks(expected["disks"])
    for place in expected["space"]:
        path = place["path"]
        while not os.path.isdir(path):
            path = os.path.dirname(path)
        state = os.statvfs(path)
        free = state.f_bavail * state.f_frsize
        if free < place["bytes"]:
            yield f"{amount(free)} are free below {place['path']}, less than {amount(place['bytes'])}"


def disks(declared):
    present = []
    for device in sorted(os.listdir("/sys/block")):
        if re.match(r"(sd|vd|xvd|hd|nvme|mmcblk)", device):
            with open(f"/sys/block/{device}/size", encoding="utf-8") as file:
                present.append(int(file.read()) * 512)
    # The largest is matched first; a disk more, such as that of the system, is no fault.
    left = sorted(present, reverse=True)
    for size in sorted(declared, reverse=True):
        if left and left[0] >= size * SHARE:
            left.pop(0)
        else:
            yield f"there is no disk of {amount(size)} for each declared; found {', '.join(map(amount, present)) or 'none'}"
            return


def interface(expected):
    name = expected["interface"]
    folder = f"/sys/class/net/{name}"
    if not os.path.isdir(folder):
        yield f"there is no interface {name}; found {', '.join(sorted(os.listdir('/sys/class/net')))}"
        return
    with open(f"{folder}/mtu", encoding="utf-8") as file:
        mtu = int(file.read())
    if mtu < expected["mtu"]:
        yield f"{name} carries packets of {mtu} bytes, not of {expected['mtu']}"
    addresses = re.findall(r" inet ([0-9.]+)/", words(["ip", "-4", "-o", "address", "show", "dev", name]))
    if expected["address"] not in addresses:
        yield f"{name} does not have the address {expected['address']}; it has {', '.join(addresses) or 'none'}"


def unit_of(pid):
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8") as file:
            return next(iter(re.findall(r"([^/\n]+)\.service", file.read())), "no unit")
    except OSError:
        return "a unit that has ended"


def listeners():
    """(protocol, address, port, program, unit) of every socket that waits for connections or datagrams."""
    for line in words(["ss", "-Hlntup"]).splitlines():
        parts = line.split()
        address, _, port = parts[4].rpartition(":")
        # More than one process may hold a socket; they are of one unit.
        holder = re.search(r'\("([^"]+)",pid=(\d+)', line)
        program, unit = (holder[1], unit_of(holder[2])) if holder else ("the kernel", "no unit")
        yield parts[0], address.split("%")[0].strip("[]"), int(port), program, unit


def ports(expected):
    held = list(listeners())
    for wanted in expected["ports"]:
        for protocol, address, port, program, unit in held:
            if protocol != wanted["protocol"] or not wanted["port"] <= port <= wanted["last_port"]:
                continue
            if address not in ("*", "0.0.0.0", "::", wanted["address"]) or not wanted["units"]:
                continue
            if unit not in wanted["units"]:
                yield (
                    f"port {port}/{protocol} of {wanted['address']}, for {wanted['service']}, is held by"
                    f" {program} ({unit}) on {address}"
                )


def hosts_file():
    """The address to which the hosts file leads each name: the first that it gives."""
    found = {}
    with open(HOSTS, encoding="utf-8", errors="replace") as file:
        for line in file:
            address, *names = line.split("#")[0].split() or [""]
            if re.fullmatch(r"[0-9.]+", address):
                for name in names:
                    found.setdefault(name, address)
    return found


def names(expected):
    wanted = expected["names"]
    file = hosts_file()
    # A file that has most of the names is the deployment's own; any other it will write anew.
    deployed = 2 * sum(file.get(entry["name"]) == entry["address"] for entry in wanted) > len(wanted)
    for entry in wanted:
        name, address = entry["name"], entry["address"]
        if not deployed:
            if file.get(name, address) != address:
                yield Note(f"{HOSTS} leads {name} to {file[name]}, not to {address}")
            continue
        try:
            found = sorted({info[4][0] for info in socket.getaddrinfo(name, None, socket.AF_INET)})
        except OSError:
            found = []
        if found != [address]:
            yield f"the name {name} leads to {', '.join(found) or 'nowhere'}, not to {address}"


def reach(expected):
    for place in expected["reach"]:
        try:
            socket.create_connection((place["host"], place["port"]), timeout=5).close()
        except OSError as error:
            yield f"{place['purpose']} cannot be reached at {place['host']}:{place['port']}: {error}"


def packages(expected):
    """Looks in lists of its own for what will be installed."""
    wanted = expected["packages"]
    if not wanted or not expected["sources"]:
        return
    with tempfile.TemporaryDirectory(prefix="preflight-") as folder:
        os.makedirs(f"{folder}/lists/partial")
        with open(f"{folder}/sources.list", "w", encoding="utf-8") as file:
            file.write("\n".join(expected["sources"]) + "\n")
        settings = {
            "Dir::Etc::SourceList": f"{folder}/sources.list",
            "Dir::Etc::SourceParts": "-",
            "Dir::State::Lists": f"{folder}/lists",
            "Dir::Cache": folder,
            "Acquire::Languages": "none",
            "Acquire::Retries": "1",
            "Acquire::https::Verify-Peer": "false",
            "APT::Sandbox::User": "root",
            "APT::Update::Error-Mode": "any",
        }
        if expected["proxy"]:
            settings["Acquire::http::Proxy"] = expected["proxy"]
        options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
        update = subprocess.run(["apt-get", *options, "update"], capture_output=True, text=True, check=False)
        if update.returncode != 0:
            said = [line for line in update.stderr.splitlines() if line.startswith(("E:", "W:"))]
            yield f"the lists of packages cannot be had: {said[0][3:] if said else update.stderr.strip()}"
            return
        policy = words(["apt-cache", *options, "policy", *sorted({entry["name"] for entry in wanted})])
    candidates = dict(re.findall(r"^(\S+):\n  Installed: .*\n  Candidate: (.*)$", policy, re.M))
    for entry in wanted:
        name, floor, found = entry["name"], entry["at_least"], candidates.get(entry["name"], "(none)")
        if found == "(none)":
            yield f"no source has the package {name}"
        elif floor and subprocess.run(["dpkg", "--compare-versions", found, "ge", floor], check=False).returncode != 0:
            yield f"the package {name} is to be had in version {found} only, older than {floor}"


def artifacts(expected):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for url in expected["files"]:
        try:
            opener.open(urllib.request.Request(url, method="HEAD"), timeout=10).close()
        except (OSError, ValueError) as error:
            yield f"the artifact {url} is not to be had: {error}"


def clock(expected):
    if time.time() < float(os.environ["PREFLIGHT_ASKED"]) - expected["clock_tolerance"]:
        yield "its clock is behind the controller's"


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def answers(address, size, attempts=3):
    """Whether an echo request of `size` bytes, which routers may not split, is answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as s:
        s.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER: always forbid fragments
        number = os.getpid() & 0xFFFF
        body = bytes((size - ICMP_HEADERS) // 2 * 2)
        for attempt in range(attempts):
            header = struct.pack("!BBHHH", 8, 0, 0, number, attempt)
            packet = struct.pack("!BBHHH", 8, 0, checksum(header + body), number, attempt) + body
            try:
                s.sendto(packet, (address, 0))
            except OSError:
                return False
            end = time.monotonic() + 1
            while (left := end - time.monotonic()) > 0 and select.select([s], [], [], left)[0]:
                answer, source = s.recvfrom(65536)
                kind, _, _, other, _ = struct.unpack("!BBHHH", answer[20:28])
                if kind == 0 and other == number and source[0] == address:
                    return True
    return False


def peers(expected):
    for peer in expected["peers"]:
        if not answers(peer["address"], 64):
            yield f"{peer['name']} ({peer['address']}) does not answer"
        elif not answers(peer["address"], expected["mtu"]):
            yield f"packets of {expected['mtu']} bytes do not pass to {peer['name']} ({peer['address']})"


def main():
    expected = json.loads(os.environ["PREFLIGHT"])
    host = expected["host"]
    found = [
        (isinstance(said, Note), f"{host}: {said}")
        for check in (versions, hardware, interface, ports, names, reach, packages, artifacts, clock, peers)
        for said in check(expected)
    ]
    report = {
        "host": host,
        "findings": [said for note, said in found if not note],
        "notes": [said for note, said in found if note],
        "time": time.time(),
    }
    json.dump(report, sys.stdout)


main()
