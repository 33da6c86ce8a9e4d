"""Renders a template as Ansible does, many times: {"template": path, "values": [{...}]} on stdin, a JSON list of texts on stdout."""

import json
import sys

from ansible.plugins.filter.core import FilterModule as Core
from ansible.plugins.filter.mathstuff import FilterModule as Maths
from jinja2 import Environment, StrictUndefined

given = json.load(sys.stdin)
env = Environment(trim_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined)
# Of those that both have, Jinja's own know Jinja's own undefined values.
own = {name: env.filters[name] for name in ("d", "default", "map", "select", "selectattr")}
env.filters |= Core().filters() | Maths().filters() | own
with open(given["template"]) as file:
    template = env.from_string(file.read())
print(json.dumps([template.render(ansible_managed="managed", **values) for values in given["values"]]))
