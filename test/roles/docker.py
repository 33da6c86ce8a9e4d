"""A host that publishes a port of a container as Docker does, in network namespaces of their own.

Reads {"rules", "user_chain", "probes"} as JSON: rules of nft, a file of iptables-restore, and [where from, source, destination,
port] each; prints a list that says of each probe whether it came through. The host is 10.0.2.10 and publishes port 81, which is
port 8080 of the container 172.17.0.2.
"""

import ctypes
import json
import os
import socket
import subprocess
import sys

CLONE_NEWNET = 0x40000000
SILENCE = 1.5
# Ports on which everybody listens.
SERVED = (443, 5000, 8080)
# Docker's own rules of a published port, without those of the user's chain.
DOCKER = """*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER ! -i docker0 -p tcp --dport 81 -j DNAT --to-destination 172.17.0.2:8080
COMMIT
*filter
:FORWARD ACCEPT [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
COMMIT
"""


def run(*command, **options):
    subprocess.run(command, check=True, **options)


def place(work):
    """A process in a network namespace of its own that does `work(probe)` for each line it gets."""
    there, here = socket.socketpair()
    child = os.fork()
    if child == 0:
        here.close()
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            os._exit(1)
        servers = [socket.create_server(("", port)) for port in SERVED]
        there.sendall(b"x")
        while line := there.recv(4096):
            there.sendall(json.dumps(work(json.loads(line))).encode())
        os._exit(0)
    there.close()
    here.recv(1)
    return child, here


def connect(probe):
    _, source, destination, port = probe
    with socket.socket() as s:
        s.settimeout(SILENCE)
        s.bind((source, 0))
        return s.connect_ex((destination, port)) == 0


def main():
    task = json.load(sys.stdin)
    places = {name: place(connect) for name in ("outside", "host", "container")}
    pid = {name: str(child) for name, (child, _) in places.items()}

    def inside(name, command, **options):
        run("nsenter", "--net", "--target", pid[name], "--", *command.split(), **options)

    try:
        inside("host", "ip link set lo up")
        inside("host", f"ip link add eth0 type veth peer name eth0 netns {pid['outside']}")
        inside("host", f"ip link add docker0 type veth peer name eth0 netns {pid['container']}")
        inside("host", "ip address add 10.0.2.10/32 dev eth0")
        inside("host", "ip address add 172.17.0.1/16 dev docker0")
        inside("host", "ip link set eth0 up")
        inside("host", "ip link set docker0 up")
        inside("host", "ip route add default dev eth0")
        inside("host", "sysctl -qw net.ipv4.ip_forward=1")
        inside("outside", "ip link set eth0 up")
        inside("outside", "ip route add default dev eth0")
        for source in {probe[1] for probe in task["probes"] if probe[0] == "outside"} | {
            probe[2] for probe in task["probes"] if probe[0] == "container"
        }:
            inside("outside", f"ip address add {source}/32 dev eth0")
        inside("outside", "ip route add 172.17.0.0/16 via 10.0.2.10 dev eth0 onlink")
        inside("container", "ip address add 172.17.0.2/16 dev eth0")
        inside("container", "ip link set eth0 up")
        inside("container", "ip route add default via 172.17.0.1")
        inside("host", "iptables-restore", input=DOCKER, text=True)
        if task["rules"]:
            inside("host", "nft -f -", input=task["rules"], text=True)
        if task["user_chain"]:
            inside("host", "iptables-restore --noflush", input=task["user_chain"], text=True)
        answers = []
        for probe in task["probes"]:
            channel = places[probe[0]][1]
            channel.sendall(json.dumps(probe).encode())
            answers.append(json.loads(channel.recv(4096)))
        print(json.dumps(answers))
    finally:
        for child, channel in places.values():
            channel.close()
            os.kill(child, 9)
            os.waitpid(child, 0)


main()
