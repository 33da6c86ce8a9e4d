"""Posts a file as the comment of a pull request of Forgejo or Gitea, in place of the one that it posted before.

Usage: post-comment.py <file>. Environment: API, such as https://forge.example.net/api/v1/repos/owner/name; NUMBER of the pull
request; TOKEN that may write comments.
"""

import json
import os
import sys
import urllib.error
import urllib.request

MARK = "<!-- rolewright diff -->"


def call(method, path, body=None):
    """Asks the API; gives what it answers. Ends with a message where it refuses."""
    request = urllib.request.Request(
        f"{os.environ['API']}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"token {os.environ['TOKEN']}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(f"post-comment: {method} {path}: {error.code} {error.reason}")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        body = {"body": file.read()}
    comments = f"/issues/{os.environ['NUMBER']}/comments"
    own = [comment["id"] for comment in call("GET", comments) if comment["body"].startswith(MARK)]
    if own:
        call("PATCH", f"/issues/comments/{own[0]}", body)
    else:
        call("POST", comments, body)


main()
