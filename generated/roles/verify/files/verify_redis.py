"""Log in to Redis (RESP)."""

import os

from verify_base import Wrong


def redis(asker, question):
    def say(*commands):
        with asker.connect_tls(question["host"], question["port"]) as link, link.makefile("rb") as stream:
            answers = []
            for words in commands:
                text = "".join("$%d\r\n%s\r\n" % (len(word.encode()), word) for word in words)
                link.sendall(("*%d\r\n%s" % (len(words), text)).encode())
                answers.append(stream.readline().decode().strip())
            return answers, link.version()

    def look():
        answers, version = say(["AUTH", question["user"], question["password"]], ["PING"])
        if answers != ["+OK", "+PONG"]:
            raise Wrong("%s; wanted +OK, +PONG" % ", ".join(answers))
        return "%s, %s" % (version, " ".join(answers))

    def refused():
        answers, _ = say(["PING"], ["AUTH", question["user"], os.urandom(12).hex()])
        if [answer.split()[0] for answer in answers] != ["-NOAUTH", "-WRONGPASS"]:
            raise Wrong("%s; wanted to be refused" % ", ".join(answers))
        return "refused (%s)" % ", ".join(answer.split()[0] for answer in answers)

    where = "Redis at %s:%d" % (question["host"], question["port"])
    yield "%s as %s" % (where, question["user"]), look
    yield where + " without a password and with a wrong one", refused
