"""Print, as JSON, what ansible-doc does not know of modules: their real argument specs and their versions.

Usage: python argument-specs.py <fully qualified module name>...

A module states its argument spec in the call of AnsibleModule(...). This script imports the module, calls its main()
and stops in that call, so that nothing of the module itself runs. Action plugins state theirs in
validate_argument_spec(...) or setup_module(), and are stopped there. Modules that state none (`template`, `set_fact`)
come out with a spec of null, and ansible-doc alone describes them.

Exit status: 0, with an entry under `errors` for each name that is no module.
"""
import contextlib
import importlib
import inspect
import json
import sys
from unittest.mock import MagicMock

from ansible.module_utils import basic
from ansible.plugins import loader
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as core_version

if hasattr(loader, 'init_plugin_loader'):
    loader.init_plugin_loader()

CONSTRAINTS = ('mutually_exclusive', 'required_together', 'required_one_of', 'required_if', 'required_by')
SIGNATURE = inspect.signature(basic.AnsibleModule.__init__)


class Stop(BaseException):
    """Carries what was caught. Not an Exception, so that no module can swallow it."""

    def __init__(self, found):
        super().__init__()
        self.found = found


def stop_in_module(*args, **kwargs):
    raise Stop(SIGNATURE.bind(*args, **kwargs).arguments)


def stop_in_action(self, argument_spec=None, **constraints):
    raise Stop({'argument_spec': argument_spec or {}, 'supports_check_mode': None, **constraints})


def plain(value):
    """What JSON can hold; sets in a fixed order, types by their names, other callables (types made by hand) as null."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=str)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if value in (bool, int, float, str, list, dict):
        return value.__name__
    try:
        return [plain(item) for item in value]
    except TypeError:
        return None


def plain_constraints(found):
    out = {key: plain(found[key]) for key in CONSTRAINTS if found.get(key)}
    for key in ('mutually_exclusive', 'required_together', 'required_one_of'):
        # One group may stand without its list of groups.
        if any(isinstance(name, str) for name in out.get(key, ())):
            out[key] = [out[key]]
    return out


def plain_option(option):
    kept = ('type', 'required', 'choices', 'elements', 'aliases', 'no_log', 'removed_in_version', 'removed_at_date')
    out = {key: plain(option[key]) for key in kept if option.get(key) is not None}
    out.update(plain_constraints(option))
    if option.get('options'):
        out['options'] = {name: plain_option(sub) for name, sub in option['options'].items()}
    return out


def plain_spec(found, source):
    options = dict(found.get('argument_spec') or {})
    if found.get('add_file_common_args'):
        options = {**basic.FILE_COMMON_ARGUMENTS, **options}
    return {
        'source': source,
        # A leading underscore marks what action plugins hand to their modules.
        'options': {name: plain_option(option) for name, option in options.items() if not name.startswith('_')},
        'supports_check_mode': found.get('supports_check_mode', False),
        **plain_constraints(found),
    }


def module_spec(fqcn):
    namespace, collection, name = fqcn.split('.', 2)
    package = 'ansible.modules' if (namespace, collection) == ('ansible', 'builtin') else (
        'ansible_collections.%s.%s.plugins.modules' % (namespace, collection))
    module = importlib.import_module('%s.%s' % (package, name))
    if not hasattr(module, 'main'):
        return None
    original = basic.AnsibleModule.__init__
    basic.AnsibleModule.__init__ = stop_in_module
    try:
        module.main()
    except Stop as stop:
        return plain_spec(stop.found, 'module')
    finally:
        basic.AnsibleModule.__init__ = original
    return None


def action_spec(fqcn):
    if not loader.action_loader.find_plugin_with_context(fqcn).resolved:
        return None
    action_class = loader.action_loader.get(fqcn, class_only=True)
    action = object.__new__(action_class)
    if hasattr(action_class, 'setup_module'):  # the convention of community.crypto and its kin
        spec, kwargs = action.setup_module()
        return plain_spec({**{key: getattr(spec, key) for key in ('argument_spec',) + CONSTRAINTS}, **kwargs}, 'action')
    # Only plugins that validate are started: they do so before anything else.
    if 'validate_argument_spec(' not in inspect.getsource(action_class):
        return None
    action._task = action._connection = action._play_context = MagicMock()
    originals = ActionBase.run, ActionBase.validate_argument_spec
    ActionBase.run, ActionBase.validate_argument_spec = (lambda *_, **__: {}), stop_in_action
    try:
        action.run(task_vars={})
    except Stop as stop:
        return plain_spec(stop.found, 'action')
    finally:
        ActionBase.run, ActionBase.validate_argument_spec = originals
    return None


def collection_version(fqcn):
    namespace, collection, _name = fqcn.split('.', 2)
    if (namespace, collection) == ('ansible', 'builtin'):
        return core_version
    package = importlib.import_module('ansible_collections.%s.%s' % (namespace, collection))
    with open('%s/MANIFEST.json' % list(package.__path__)[0], encoding='utf-8') as manifest:
        return json.load(manifest)['collection_info']['version']


def main():
    specs, collections, errors = {}, {}, {}
    for fqcn in sys.argv[1:]:
        context = loader.module_loader.find_plugin_with_context(fqcn, check_aliases=True)
        if fqcn.count('.') < 2 or not context.resolved:
            errors[fqcn] = 'unknown'
            continue
        name = context.resolved_fqcn
        if name != fqcn:
            errors[fqcn] = 'now called %s' % name
            continue
        # Modules that print would spoil the JSON.
        with contextlib.redirect_stdout(sys.stderr):
            try:
                collections['.'.join(fqcn.split('.')[:2])] = collection_version(fqcn)
                specs[fqcn] = module_spec(fqcn) or action_spec(fqcn)
            except (Exception, SystemExit) as error:  # an import that fails is one module's affair
                errors[fqcn] = '%s: %s' % (type(error).__name__, error)
    json.dump({'core': core_version, 'collections': collections, 'specs': specs, 'errors': errors}, sys.stdout, sort_keys=True)


main()
