"""Load documents as Ansible does and say which of them differ from what was meant.

Reads from stdin a JSON list of {"yaml": text, "expected": value}, where {"!unsafe": text} stands for !unsafe text.
Writes to stdout a JSON object: the number of documents, the loaders used, and a list of {"index", "loader", "problem"}.
"""

import json
import sys

try:
    import yaml
except ImportError:
    sys.exit("PyYAML is missing: this test asks the YAML reader that Ansible uses.")


def load(text, base):
    class Loader(base):
        pass

    Loader.add_constructor("!unsafe", lambda loader, node: {"!unsafe": loader.construct_scalar(node)})
    return yaml.load(text.encode("utf-8"), Loader=Loader)


def difference(actual, expected, path="$"):
    """Say where two values differ, with their types and the order of keys; None when they do not."""
    if type(actual) is not type(expected):
        return f"{path}: {actual!r} ({type(actual).__name__}) instead of {expected!r} ({type(expected).__name__})"
    if isinstance(expected, dict):
        if list(actual) != list(expected):
            return f"{path}: keys {list(actual)!r} instead of {list(expected)!r}"
        pairs = [(f"{path}.{key}", actual[key], expected[key]) for key in expected]
    elif isinstance(expected, list):
        if len(actual) != len(expected):
            return f"{path}: {len(actual)} items instead of {len(expected)}"
        pairs = [(f"{path}[{i}]", a, e) for i, (a, e) in enumerate(zip(actual, expected))]
    else:
        return None if actual == expected else f"{path}: {actual!r} instead of {expected!r}"
    return next(filter(None, (difference(a, e, p) for p, a, e in pairs)), None)


# Ansible takes libyaml where PyYAML has it, else PyYAML's own reader. The two differ in what they reject.
loaders = {"python": yaml.SafeLoader}
if yaml.__with_libyaml__:
    loaders["libyaml"] = yaml.CSafeLoader

documents = json.load(sys.stdin)
problems = []
for index, document in enumerate(documents):
    for name, base in loaders.items():
        try:
            problem = difference(load(document["yaml"], base), document["expected"])
        except yaml.YAMLError as error:
            problem = f"does not load: {error}"
        if problem:
            problems.append({"index": index, "loader": name, "problem": problem})
json.dump({"documents": len(documents), "loaders": sorted(loaders), "problems": problems}, sys.stdout)
