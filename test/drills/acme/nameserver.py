"""A name server for one drill: takes updates of TXT records by RFC 2136 with TSIG, and answers with them.

Usage: nameserver.py <address> <zone> <key name> <file of the key> <folder>

Files `<folder>/<name of the record>` hold further TXT records, a line each: what a command of the drill writes there.
Prints a line for each update.
"""

import pathlib
import socketserver
import struct
import sys
import threading

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsigkeyring

address, zone, key_name, key_file, folder = sys.argv[1:]
origin = dns.name.from_text(zone)
keyring = dns.tsigkeyring.from_text({key_name: pathlib.Path(key_file).read_text().strip()})
records: dict[dns.name.Name, set[str]] = {}
lock = threading.Lock()


def values_of(rrset):
    return {b"".join(rdata.strings).decode() for rdata in rrset}


def holds(query):
    """What the update takes for granted: TXT records, or TXT records with these values."""
    for rrset in query.prerequisite:
        known = records.get(rrset.name)
        if not known or (rrset.deleting != dns.rdataclass.ANY and known != values_of(rrset)):
            return False
    return True


def update(query, response):
    if not query.had_tsig or not holds(query):
        response.set_rcode(dns.rcode.NXRRSET if query.had_tsig else dns.rcode.REFUSED)
        return
    for rrset in query.update:
        values = values_of(rrset)
        if rrset.deleting == dns.rdataclass.ANY:
            records.pop(rrset.name, None)
        elif rrset.deleting == dns.rdataclass.NONE:
            records[rrset.name] = records.get(rrset.name, set()) - values
        else:
            records[rrset.name] = records.get(rrset.name, set()) | values
        print("update", rrset.name, sorted(records.get(rrset.name, ())), flush=True)


def texts(name):
    file = pathlib.Path(folder, name.to_text(omit_final_dot=True))
    return sorted(records.get(name, set()) | set(file.read_text().split() if file.exists() else ()))


def answer(wire):
    query = dns.message.from_wire(wire, keyring=keyring)
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    with lock:
        if query.opcode() == dns.opcode.UPDATE:
            update(query, response)
        else:
            question = query.question[0]
            if question.rdtype == dns.rdatatype.TXT and texts(question.name):
                quoted = [f'"{text}"' for text in texts(question.name)]
                response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", *quoted))
            elif question.rdtype == dns.rdatatype.SOA and question.name == origin:
                soa = f"ns.{zone}. admin.{zone}. 1 60 60 60 1"
                response.answer.append(dns.rrset.from_text(origin, 1, "IN", "SOA", soa))
    return response.to_wire()


class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        wire, sock = self.request
        sock.sendto(answer(wire), self.client_address)


class Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        while length := self.rfile.read(2):
            wire = answer(self.rfile.read(struct.unpack("!H", length)[0]))
            self.wfile.write(struct.pack("!H", len(wire)) + wire)


socketserver.ThreadingTCPServer.allow_reuse_address = True
udp = socketserver.ThreadingUDPServer((address, 53), Udp)
tcp = socketserver.ThreadingTCPServer((address, 53), Tcp)
threading.Thread(target=udp.serve_forever, daemon=True).start()
print("ready", flush=True)
tcp.serve_forever()
