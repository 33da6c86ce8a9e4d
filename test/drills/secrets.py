"""Looks for secrets where others than their owners can read them, on the machine on which it runs.

Reads one JSON object from standard input, so that no secret is on a command line, and prints JSON:

{"do": "collect", "roots": [...]}: the machine's own secrets: {"keys": {path: text}, "hashes": {path: [text, ...]}} from
files that only their owners can read.

{"do": "search", "patterns": [...], "roots": [...], "owners": false, "journal": [command] or null, "processes": true}: a list
of [place, number of the pattern]. Files and processes are looked at as an account that owns nothing; with "owners" files are
looked at as the one who asks.
"""

import json
import os
import re
import stat
import subprocess
import sys

# An account and a group that nobody has.
NOBODY = 64321
HASH = re.compile(rb"\$(?:apr1|1|2[aby]|5|6|y|7|argon2id?)\$[^\s\"':,]{20,}|SCRAM-SHA-256\$[^\s\"']{40,}|\bmd5[0-9a-f]{32}\b")
KEY = re.compile(rb"-----BEGIN ([A-Z ]*)PRIVATE KEY-----\s(.*?)-----END", re.S)
BEGIN = "PRIVATE KEY-----"
# Packages bring keys that are no secrets: examples and tests.
PUBLIC = ("/usr/share/", "/usr/lib/", "/usr/include/", "/usr/bin/", "/usr/sbin/", "/usr/libexec/")
LARGEST = 1 << 20


def as_nobody():
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def collect(roots):
    keys, hashes = {}, {}
    for root in roots:
        for folder, folders, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    state = os.lstat(path)
                    if not stat.S_ISREG(state.st_mode) or state.st_mode & 0o004 or state.st_size > LARGEST:
                        continue
                    with open(path, "rb") as file:
                        text = file.read()
                except OSError:
                    continue
                found = KEY.search(text)
                if found:
                    lines = found[2].decode("latin-1").split()
                    # The first lines of a key are the same for all of its kind; OpenSSH's last but one is its secret half.
                    place = -2 if found[1] == b"OPENSSH " else 1
                    keys[path] = lines[place] if len(lines) > 2 else lines[0]
                several = sorted({match.decode("latin-1") for match in HASH.findall(text)})
                if several:
                    hashes[path] = several
    return {"keys": keys, "hashes": hashes}


class Patterns:
    def __init__(self, texts):
        self.texts = [text.encode() for text in texts]
        self.file = os.memfd_create("patterns")
        os.write(self.file, b"\n".join(self.texts) + b"\n")

    def grep(self, *options, **others):
        """grep with all patterns, which it reads from memory and not from its command line."""
        command = ["grep", "-F", "-a", "-f", f"/proc/self/fd/{self.file}", *options]
        os.lseek(self.file, 0, os.SEEK_SET)
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=(self.file,),
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}, **others,
        )  # fmt: skip

    def within(self, content):
        return [number for number, text in enumerate(self.texts) if text in content]


def in_files(patterns, roots, account):
    # Who owns nothing has to read the patterns, too.
    os.fchmod(patterns.file, 0o444)
    child = patterns.grep("-r", "-l", "-Z", "-s", "-D", "skip", "--", *roots, preexec_fn=account)
    for path in filter(None, child.communicate()[0].split(b"\0")):
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError:
            continue
        name = path.decode("utf-8", "replace")
        for number in patterns.within(content):
            if patterns.texts[number] == BEGIN.encode():
                if name.startswith(PUBLIC) or not KEY.search(content):
                    continue
            yield f"file {name}", number


def in_processes(patterns):
    """What an account that owns nothing reads of every process."""
    mine, yours = os.pipe()
    child = os.fork()
    if child == 0:
        as_nobody()
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            for part in ("cmdline", "environ"):
                try:
                    with open(f"/proc/{pid}/{part}", "rb") as file:
                        content = file.read()
                    with open(f"/proc/{pid}/comm", "rb") as file:
                        name = file.read().strip().decode("latin-1")
                except OSError:
                    continue
                found += [[f"process {name}, {part}", number] for number in patterns.within(content)]
        with os.fdopen(yours, "w") as file:
            json.dump(found, file)
        os._exit(0)
    os.close(yours)
    with os.fdopen(mine) as file:
        found = json.load(file)
    os.waitpid(child, 0)
    return found


def in_journal(patterns, command):
    """Of each entry that holds a secret, its fields: also the command lines that journald notes."""
    journal = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    grep = patterns.grep(stdin=journal.stdout)
    journal.stdout.close()
    for line in grep.communicate()[0].splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            entry = {"MESSAGE": line.decode("latin-1")}
        unit = entry.get("_SYSTEMD_UNIT") or entry.get("SYSLOG_IDENTIFIER") or "?"
        for field, value in entry.items():
            for number in patterns.within(str(value).encode()):
                yield f"journal of {unit} ({entry.get('SYSLOG_IDENTIFIER', '?')}), {field}", number
    journal.wait()


def expand(roots):
    """The root folder's own folders, without those in which the kernel shows itself, and links, which lead to others."""
    if roots != ["/"]:
        return roots
    entries = (entry for entry in os.scandir("/") if not entry.is_symlink())
    return [entry.path for entry in entries if entry.name not in ("proc", "sys")]


def main():
    task = json.load(sys.stdin)
    if task["do"] == "collect":
        answer = collect(task["roots"])
    else:
        patterns = Patterns(task["patterns"])
        account = None if task.get("owners") else as_nobody
        answer = [*in_files(patterns, expand(task["roots"]), account)]
        if task["processes"]:
            answer += in_processes(patterns)
        if task["journal"]:
            answer += in_journal(patterns, task["journal"])
    print(json.dumps(sorted({tuple(found) for found in answer}) if isinstance(answer, list) else answer))


main()
