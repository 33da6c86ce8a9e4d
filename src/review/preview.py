"""Renders what templates and copies would put on hosts, with Ansible's own loader, variables and template engine.

Reads one JSON object from standard input, connects to no host, and writes one JSON object to standard output:

  folder    the deployment's folder below generated/, absolute
  hosts     hosts to render for; all of the inventory where empty
  facts     facts of each host, by its name: what `setup` would say of them
  secrets   the value that stands for each variable of the vault
  private   folder of the deployment's secrets: of its files, certificates alone are looked at

The answer: `files`, one for each path on each host with what is known of it (its bytes in base64), and `unknown`, the tasks
that write what is only known on a host, each with the reason.
"""

import base64
import json
import os
import re
import sys

REQUEST = json.load(sys.stdin)
os.chdir(REQUEST["folder"])
os.environ["ANSIBLE_CONFIG"] = os.path.join(REQUEST["folder"], "ansible.cfg")
# Whoever previews may have no vault; its variables are given below.
os.environ["ANSIBLE_INVENTORY"] = os.path.join(REQUEST["folder"], "inventory")
os.environ["ANSIBLE_DEPRECATION_WARNINGS"] = "False"
os.environ["ANSIBLE_LOCALHOST_WARNING"] = "False"

# Standard output is the answer's alone: what Ansible displays goes to standard error.
ANSWER = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)

from ansible import constants as C  # noqa: E402  reads the environment when it is imported
from ansible.errors import AnsibleError  # noqa: E402
from ansible.inventory.manager import InventoryManager  # noqa: E402
from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.playbook import Playbook  # noqa: E402
from ansible.playbook.block import Block  # noqa: E402
from ansible.playbook.helpers import load_list_of_blocks  # noqa: E402
from ansible.playbook.play_context import PlayContext  # noqa: E402
from ansible.plugins.loader import action_loader, init_plugin_loader  # noqa: E402
from ansible.template import Templar  # noqa: E402
from ansible.vars.manager import VariableManager  # noqa: E402

FILES = {}
UNKNOWN = {}


class Shell:
    tmpdir = "/nonexistent"


class NoConnection:
    """Stands where an action expects a connection. Nothing here is ever sent."""

    _shell = Shell()
    become = None


class Kept(Exception):
    """What a template became, on its way from the action that rendered it."""


class Copier:
    """Takes the place of the action that a template hands its text to."""

    def __init__(self, task):
        self.task = task

    def run(self, task_vars=None):
        with open(self.task.args["src"], "rb") as rendered:
            raise Kept(rendered.read())


class Actions:
    """Ansible's own actions, except for the one that would send."""

    def get(self, name, **given):
        return Copier(given["task"]) if name.endswith("copy") else action_loader.get(name, **given)


class Plugins:
    action_loader = Actions()


class Rendering:
    """One host in one play."""

    def __init__(self, play, host, loader, variables):
        self.play, self.host, self.loader, self.variables = play, host, loader, variables
        self.found = {}

    def blocks(self, blocks, given):
        for block in blocks:
            for item in (*block.block, *block.always):
                if isinstance(item, Block):
                    self.blocks([item], given)
                else:
                    self.task(item, given)

    def task(self, task, given):
        action = task.action.rpartition(".")[2]
        if action == "stat" and task.register:
            # A host is meant on which nothing is but what the playbook puts there.
            self.found[task.register] = {"stat": {"exists": False}}
        if action not in ("template", "copy", "include_tasks"):
            return
        if task.delegate_to or (task.run_once and self.host.name != self.play_hosts[0]):
            return
        known = self.variables.get_vars(play=self.play, host=self.host, task=task)
        known.update(self.found)
        known.update(given)
        known["ansible_check_mode"] = False
        known["ansible_facts"] = REQUEST["facts"].get(self.host.name, {})
        known["ansible_search_path"] = task.get_search_path()
        templar = Templar(loader=self.loader, variables=known)
        if not task.loop:
            self.one(task, action, known, templar, given)
            return
        try:
            items = templar.template(task.loop)
        except AnsibleError as error:
            self.unknown(task, error)
            return
        name = task.loop_control.loop_var if task.loop_control else "item"
        for item in items:
            more = {name: item, "ansible_loop_var": name}
            self.one(task, action, {**known, **more}, Templar(loader=self.loader, variables={**known, **more}), {**given, **more})

    def one(self, task, action, known, templar, given):
        assumed = []
        for condition in task.when:
            try:
                if not templar._engine.evaluate_conditional(condition):
                    return
            except AnsibleError:
                # It asks for the result of an earlier task. What the deployment wants is meant, not what a host lacks.
                assumed.append(str(condition))
        try:
            if action == "include_tasks" and assumed:
                self.unknown(task, f"whether its tasks are run is known there: {assumed[0]}")
            elif action == "include_tasks":
                self.include(task, templar, given)
            elif action == "template":
                self.keep(task, templar, assumed, self.rendered(task, known, templar))
            else:
                self.copy(task, known, templar, assumed)
        except (AnsibleError, OSError) as error:
            self.unknown(task, error)

    def include(self, task, templar, given):
        arguments = templar.template(task.args)
        path = self.loader.path_dwim_relative(task._role._role_path, "tasks", arguments.get("file") or arguments["_raw_params"])
        blocks = load_list_of_blocks(
            self.loader.load_from_file(path),
            play=self.play,
            role=task._role,
            variable_manager=self.variables,
            loader=self.loader,
        )
        self.blocks(blocks, given)

    def rendered(self, task, known, templar):
        resolved = task.copy()
        resolved.args = templar.template(task.args)
        action = action_loader.get(
            task.action,
            task=resolved,
            connection=NoConnection(),
            play_context=PlayContext(),
            loader=self.loader,
            templar=templar,
            shared_loader_obj=Plugins,
        )
        action._shared_loader_obj = Plugins  # newer Ansible passes the argument over
        try:
            result = action.run(task_vars=known)
        except Kept as kept:
            return kept.args[0]
        raise AnsibleError(str(result.get("msg", result)))

    def copy(self, task, known, templar, assumed):
        arguments = templar.template(task.args)
        if arguments.get("remote_src"):
            self.unknown(task, "it is copied from a file of the host itself")
            return
        content = arguments.get("content")
        if content is not None:
            text = content if isinstance(content, str) else json.dumps(content)
            self.keep(task, templar, assumed, text.encode())
            return
        source = self.loader.path_dwim_relative_stack(task.get_search_path(), "files", arguments["src"])
        if os.path.realpath(source).startswith(os.path.realpath(REQUEST["private"])) and not source.endswith(".crt"):
            self.unknown(task, "it is a secret of the deployment")
            return
        if not os.path.isdir(source):
            with open(source, "rb") as file:
                self.keep(task, templar, assumed, file.read())
            return
        base = source if arguments["src"].endswith("/") else os.path.dirname(source)
        for folder, _, names in os.walk(source):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    below = os.path.join(arguments["dest"], os.path.relpath(path, base))
                    self.keep(task, templar, assumed, file.read(), below)

    def keep(self, task, templar, assumed, content, path=None):
        arguments = templar.template(task.args)
        path = path or arguments["dest"]
        if "{{" in path:
            raise AnsibleError("its place depends on the result of an earlier task")
        if path.endswith("/"):
            path += os.path.basename(arguments["src"])
        mode = arguments.get("mode")
        FILES[(self.host.name, path)] = {
            "host": self.host.name,
            "path": path,
            "role": task._role.get_name() if task._role else None,
            "task": task.get_name(include_role_fqcn=False).rpartition(" : ")[2],
            "source": arguments.get("src"),
            "owner": arguments.get("owner"),
            "group": arguments.get("group"),
            "mode": mode if mode is None else str(mode),
            "validate": arguments.get("validate"),
            "notify": [task.notify] if isinstance(task.notify, str) else [str(name) for name in task.notify or []],
            "assumed": assumed,
            "content": base64.b64encode(content).decode(),
        }

    def unknown(self, task, reason):
        said = " ".join(str(reason).split())
        missing = re.search(r"Could not find or access '(\S+)'", said)
        if missing:
            said = f"there is no {os.path.relpath(missing[1], os.path.join(REQUEST['folder'], '../..'))} yet"
        result = re.search(r"'(__\w+)' is undefined", said)
        if result:
            said = f"it is made of what {result[1]} finds there"
        role = task._role.get_name() if task._role else None
        name = task.get_name(include_role_fqcn=False).rpartition(" : ")[2]
        UNKNOWN[(self.host.name, role, name)] = {
            "host": self.host.name,
            "role": role,
            "task": name,
            "path": str(task.args.get("dest", "")),
            "reason": said,
        }


def main():
    init_plugin_loader()
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[os.environ["ANSIBLE_INVENTORY"]])
    variables = VariableManager(loader=loader, inventory=inventory)
    variables.extra_vars.update(REQUEST["secrets"])
    wanted = set(REQUEST["hosts"])
    for play in Playbook.load("site.yml", variable_manager=variables, loader=loader).get_plays():
        hosts = inventory.get_hosts(play.hosts)
        blocks = play.compile()
        for host in hosts:
            if wanted and host.name not in wanted:
                continue
            rendering = Rendering(play, host, loader, variables)
            rendering.play_hosts = [each.name for each in hosts]
            rendering.blocks(blocks, {})
    json.dump({"files": [FILES[key] for key in sorted(FILES)], "unknown": list(UNKNOWN.values())}, ANSWER)
    ANSWER.flush()


main()
