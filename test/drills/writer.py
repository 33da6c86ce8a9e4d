"""Writes one row at a time and records what was acknowledged.

Usage: writer.py <host> <port> <seconds> <acknowledged file>; the password comes in PGPASSWORD. Each line of the file is the
row's number and the monotonic time of its acknowledgement in seconds. A row that was not acknowledged is never written
again under the same number, so that the table may hold more rows than the file, and must never hold fewer.
"""

import sys
import time

import psycopg2

# A host that fell silent must not hold the client longer than the deployment promises to be away.
CONNECTION = {
    "dbname": "synapse",
    "user": "synapse",
    "connect_timeout": 2,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "options": "",
}


def connect(host, port):
    connection = psycopg2.connect(host=host, port=port, tcp_user_timeout=2000, **{k: v for k, v in CONNECTION.items() if v != ""})
    connection.autocommit = True
    return connection


def main():
    host, port, seconds, path = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    end = time.monotonic() + seconds
    number = 0
    connection = None
    with open(path, "w", buffering=1, encoding="ascii") as acknowledged:
        while time.monotonic() < end:
            number += 1
            try:
                connection = connection or connect(host, port)
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO drill (number) VALUES (%s)", (number,))
                acknowledged.write(f"{number} {time.monotonic():.3f}\n")
                time.sleep(0.05)
            except psycopg2.Error:
                if connection is not None:
                    connection.close()
                connection = None
                time.sleep(0.2)


main()
