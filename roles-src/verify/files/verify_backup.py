"""Look whether copies are where they should be: of the database, and of buckets."""

import json
import os
import subprocess
import time

from verify_base import Wrong
from verify_s3 import Bucket


def run(*argv, timeout):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Wrong("%s ended with %d: %s" % (argv[0], done.returncode, said[-1] if said else "nothing said"))
    return done.stdout


def repository(asker, question):
    """The repository of pgBackRest: a backup, the log, and that a segment of it arrives now."""
    asked = ["runuser", "-u", question.get("user", "postgres"), "--", "pgbackrest", "--stanza=" + question["stanza"]]
    where = "the pgBackRest repository of " + question["stanza"]

    def info():
        return json.loads(run(*asked, "info", "--output=json", timeout=asker.patience))[0]

    def backups():
        found = sorted(info()["backup"], key=lambda item: item["timestamp"]["stop"])
        whole = [item for item in found if not item.get("error")]
        if not whole:
            raise Wrong("%d backups, none of them whole" % len(found))
        last = whole[-1]
        stopped = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(last["timestamp"]["stop"]))
        return "%d backups, the last %s (%s) of %s" % (len(whole), last["label"], last["type"], stopped)

    def log():
        # It has the primary begin a new segment, and waits for the one before.
        run(*asked, "check", "--archive-timeout=%d" % asker.patience, timeout=2 * asker.patience)
        newest = [item["max"] for item in info()["archive"] if item.get("max")]
        if not newest:
            raise Wrong("no segment")
        return "a segment arrived, %s is the newest" % max(newest)

    yield where + ", backups", backups
    yield where + ", the log", log


def copy(asker, question):
    """An object put into a bucket, and what the job that copies buckets made of it."""
    here, name = Bucket(asker, question), question["bucket"]

    def look():
        key, body = "verify/" + os.urandom(12).hex(), os.urandom(16).hex().encode()
        copied = os.path.join(question["folder"], name, "current", key)
        try:
            here.expect([200], "PUT", name, key, body)
            run("systemctl", "start", question["unit"], timeout=question.get("patience", 1800))
            if not os.path.isfile(copied):
                raise Wrong("%s ended well, and %s is not there" % (question["unit"], copied))
            with open(copied, "rb") as stream:
                if stream.read() != body:
                    raise Wrong("the copy differs")
        finally:
            here.expect([204, 200], "DELETE", name, key)
            # A copy that stayed would be kept among the deleted objects.
            if os.path.exists(copied):
                os.remove(copied)
                if not os.listdir(os.path.dirname(copied)):
                    os.rmdir(os.path.dirname(copied))
        return "%s brought an object that was put there a moment ago" % question["unit"]

    yield "the copy of the bucket %s in %s" % (name, question["folder"]), look
