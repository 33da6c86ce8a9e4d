"""The command of the drill: writes TXT records into the folder that its name server reads.

Usage: txt.py <folder> present|absent <record> <value…>
"""

import pathlib
import sys

folder, verb, record, *values = sys.argv[1:]
file = pathlib.Path(folder, record)
if verb == "present":
    file.write_text("\n".join(values))
else:
    file.unlink(missing_ok=True)
