"""Sends packets through a rule set in network namespaces of its own, and says which of them were let in.

Reads {"rules", "addresses", "probes": [{"source", "destination", "protocol", "port"}]} as JSON from standard input and
prints a list of booleans. A host without any server answers what it lets in: a TCP connection with a reset, a datagram
or an unknown protocol with an ICMP message. What it does not let in stays without an answer.
"""

import ctypes
import errno
import json
import os
import resource
import selectors
import socket
import subprocess
import sys

CLONE_NEWNET = 0x40000000
VRRP = 112
IP_RECVERR = 11
# Answers come from the same machine at once, while a packet is sent; silence has to be told from a slow machine.
SILENCE = 1.5
# Sockets that are open together; all of a host's probes, most of the time, so that silence is waited for once.
AT_ONCE = 20_000


def run(*command, **options):
    subprocess.run(command, check=True, **options)


def unshare():
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def main():
    task = json.load(sys.stdin)
    host = os.fork()
    if host == 0:
        unshare()
        os.write(READY[1], b"x")
        os.read(END[0], 1)
        os._exit(0)
    os.read(READY[0], 1)
    try:
        unshare()
        run("ip", "link", "add", "outside", "type", "veth", "peer", "name", "eth0", "netns", str(host))
        inside = ("nsenter", "--net", "--target", str(host), "--")
        for command in (
            "sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=100000",
            "ip link set lo up",
            "ip link set eth0 up",
            *(f"ip address add {address}/32 dev eth0" for address in task["addresses"]),
            "ip route add default dev eth0",
        ):
            run(*inside, *command.split())
        run(*inside, "nft", "-f", "-", input=task["rules"], text=True)
        for command in ("ip link set lo up", "ip link set outside up", "ip route add default dev outside"):
            run(*command.split())
        sources = sorted({probe["source"] for probe in task["probes"]})
        batch = "".join(f"address add {source}/32 dev outside\n" for source in sources)
        run("ip", "-batch", "-", input=batch, text=True)
        print(json.dumps(ask(task["probes"])))
    finally:
        os.write(END[1], b"x")
        os.waitpid(host, 0)


def ask(probes):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, AT_ONCE + 100), most))
    at_once = min(most, AT_ONCE + 100) - 100
    answers = [False] * len(probes)
    for start in range(0, len(probes), at_once):
        some(probes[start : start + at_once], start, answers)
    return answers


def some(probes, start, answers):
    selector = selectors.DefaultSelector()
    for number, probe in enumerate(probes, start):
        s = open_socket(probe)
        try:
            if probe["protocol"] != "tcp":
                s.send(b"?" * 8)
        except OSError as error:
            answers[number] = error.errno == errno.ECONNREFUSED
        selector.register(s, selectors.EVENT_READ | selectors.EVENT_WRITE, number)
    while events := selector.select(SILENCE):
        for key, _ in events:
            problem = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if problem in (errno.ECONNREFUSED, errno.ENOPROTOOPT):
                answers[key.data] = True
            elif problem == 0:
                # A datagram socket can always be written to: what comes back is what counts.
                selector.modify(key.fileobj, selectors.EVENT_READ, key.data)
                continue
            selector.unregister(key.fileobj)
            key.fileobj.close()
    for key in list(selector.get_map().values()):
        key.fileobj.close()


def open_socket(probe):
    kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM, "vrrp": socket.SOCK_RAW}[probe["protocol"]]
    s = socket.socket(socket.AF_INET, kind, VRRP if probe["protocol"] == "vrrp" else 0)
    # ICMP messages become errors of a raw socket, too.
    s.setsockopt(socket.SOL_IP, IP_RECVERR, 1)
    s.setblocking(False)
    s.bind((probe["source"], 0))
    try:
        s.connect((probe["destination"], probe["port"]))
    except BlockingIOError:
        pass
    return s


READY = os.pipe()
END = os.pipe()
main()
