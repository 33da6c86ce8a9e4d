"""Ask what a deployment's clients ask, and say what came back.

Reads JSON from standard input: who asks (`asker`) and lists of questions by kind (`questions`), with what the role
documents as defaults where a field is left out. Writes JSON: a line for each question (`lines`), and those lines whose
answer is not the one that was wanted (`wrong`). Python 3.8, nothing else.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

from verify_backup import copy, repository
from verify_base import Asker, Wrong
from verify_names import hosts_file, records
from verify_prometheus import prometheus
from verify_redis import redis
from verify_s3 import bucket
from verify_sql import database
from verify_web import certificate, page

# Each takes the asker and a question, and yields what is asked with a function that asks it.
KINDS = {
    "names": hosts_file,
    "records": records,
    "certificates": certificate,
    "pages": page,
    "databases": database,
    "buckets": bucket,
    "redis": redis,
    "repositories": repository,
    "copies": copy,
    "prometheus": prometheus,
}


def answer(asked, ask):
    """Whether the answer is good, and the line that says so."""
    try:
        good, got = True, ask()
    except Wrong as wrong:
        good, got = False, str(wrong)
    except Exception as error:  # Whatever it is, the other questions have to be asked too.
        good, got = False, "%s: %s" % (type(error).__name__, error)
    return good, "%s  %s: %s" % ("good " if good else "WRONG", asked, " ".join(got.split()))


def ask_all(given, at_once=8):
    asker = Asker(**given["asker"])
    asked = [
        question
        for kind, ask in KINDS.items()
        for item in given["questions"].get(kind, [])
        for question in ask(asker, item)
    ]
    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(lambda question: answer(*question), asked))
    wrong = [line for good, line in answers if not good]
    return {"lines": "\n".join(line for _, line in answers), "wrong": "\n".join(wrong)}


def main(given):
    json.dump(ask_all(given), sys.stdout)


if __name__ == "__main__":
    main(json.load(sys.stdin))
