"""Load the modules of the program from the file of the questions, and ask them."""

import json
import sys
import types

with open(sys.argv[1]) as questions:
    given = json.load(questions)
for name, text in given["program"]:
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(text, name + ".py", "exec"), module.__dict__)
sys.modules["verify"].main(given)
