"""Who asks, and how connections are made."""

import ipaddress
import socket
import ssl
import time
from functools import lru_cache

import verify_dns


class Wrong(Exception):
    """An answer that is not the one that was wanted. Its text is what was got."""


class Asker:
    """The machine on which this runs, as the servers know it, and what it believes."""

    def __init__(self, address="", ca="", resolvers=(), timeout=10, patience=120):
        self.address = address
        self.ca = ca
        self.resolvers = resolvers
        self.timeout = timeout
        self.patience = patience
        # All questions together wait no longer than one.
        self.deadline = time.monotonic() + patience
        self.lead = lru_cache(maxsize=None)(self.look_up)

    def context(self):
        """Believe those that the machine believes, and the deployment's CA: what clients see may be of either."""
        context = ssl.create_default_context()
        if self.ca:
            context.load_verify_locations(cadata=self.ca)
        return context

    def resolve(self, name):
        """The address of a name, from the given name servers where there are any, as from the machine otherwise."""
        try:
            return str(ipaddress.ip_address(name))
        except ValueError:
            pass
        if not self.resolvers:
            return socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]
        address, problem = self.lead(name)
        if address is None:
            raise Wrong("no name server has an address of %s%s" % (name, problem))
        return address

    def look_up(self, name):
        """Asked once: many questions are of one name."""
        problem = ""
        for server in self.resolvers:
            try:
                _, addresses = verify_dns.ask(server, name, "udp", min(3, self.timeout))
            except OSError as error:
                problem = " (%s)" % error
                continue
            if addresses:
                return addresses[0], ""
        return None, problem

    def connect(self, host, port, timeout=None):
        return socket.create_connection((self.resolve(host), port), timeout or self.timeout)

    def connect_tls(self, host, port):
        return self.context().wrap_socket(self.connect(host, port), server_hostname=host)
