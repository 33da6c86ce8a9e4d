"""Ask Prometheus whether it sees all that it should."""

import base64
import json
import time
from urllib.parse import urlencode

from verify_base import Wrong
from verify_web import request

# What Grafana puts in place of its variables.
VARIABLES = {"$__rate_interval": "2m", "$__interval": "1m", "$__range": "3h", "$instance": ".*"}
SPAN = 3 * 3600


def prometheus(asker, question):
    account = "%s:%s" % (question["user"], question["password"])
    headers = {"Authorization": "Basic " + base64.b64encode(account.encode()).decode()}

    def get(path, **arguments):
        status, _, text = request(
            asker, "%s/api/v1/%s%s" % (question["url"], path, "?" + urlencode(arguments) if arguments else ""), headers
        )
        if status != 200:
            raise Wrong("%s: status %d %s" % (path, status, text[:200]))
        return json.loads(text)["data"]

    def patiently(look):
        """What was deployed a moment ago has not been read yet."""

        def again():
            while True:
                try:
                    return look()
                except Wrong:
                    if time.monotonic() > asker.deadline:
                        raise
                    time.sleep(3)

        return again

    def targets(job):
        def look():
            found = [t for t in get("targets", state="active")["activeTargets"] if t["labels"]["job"] == job["name"]]
            down = ["%s (%s)" % (t["labels"]["instance"], t["lastError"] or t["health"]) for t in found if t["health"] != "up"]
            if down or len(found) != job["targets"]:
                up = len(found) - len(down)
                raise Wrong("%d of %d targets up%s" % (up, job["targets"], ", not " + ", ".join(down) if down else ""))
            return "%d of %d targets up" % (len(found), job["targets"])

        return patiently(look)

    def rules():
        loaded = [rule for group in get("rules", type="alert")["groups"] for rule in group["rules"]]
        missing = set(question["alerts"]) - {rule["name"] for rule in loaded}
        broken = ["%s (%s)" % (rule["name"], rule["lastError"] or rule["health"]) for rule in loaded if rule["health"] != "ok"]
        if missing or broken:
            raise Wrong("%d loaded; missing: %s; broken: %s" % (len(loaded), sorted(missing), broken))
        firing = sorted({rule["name"] for rule in loaded if rule["state"] == "firing"})
        return "%d loaded, firing: %s" % (len(loaded), ", ".join(firing) or "none")

    def probes():
        failed = get("query", query="probe_success == 0")["result"]
        if failed:
            raise Wrong("these fail: " + ", ".join("%(job)s %(instance)s" % item["metric"] for item in failed))
        good = get("query", query="count(probe_success == 1)")["result"]
        return "%s succeed" % (good[0]["value"][1] if good else "none to ask, so all")

    def panel(item):
        def look():
            empty = []
            for query in item["queries"]:
                for name, value in VARIABLES.items():
                    query = query.replace(name, value)
                if item.get("now"):
                    found = get("query", query=query)["result"]
                else:
                    now = int(time.time())
                    found = get("query_range", query=query, start=now - SPAN, end=now, step=60)["result"]
                    # A young series may lie between two steps.
                    found = found or get("query", query=query)["result"]
                if not found:
                    empty.append(query)
            if empty and item.get("idle"):
                return "no data: " + item["idle"]
            if empty:
                raise Wrong("no data for " + "; ".join(empty))
            return "data for %d quer%s" % (len(item["queries"]), "y" if len(item["queries"]) == 1 else "ies")

        return look if item.get("idle") else patiently(look)

    where = question["url"]
    for job in question["jobs"]:
        yield "%s, the job %s" % (where, job["name"]), targets(job)
    yield where + ", alert rules", patiently(rules)
    yield where + ", probes", patiently(probes)
    for item in question["panels"]:
        yield "%s, the panel %s / %s" % (where, item["board"], item["title"]), panel(item)
