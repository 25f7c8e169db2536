"""All tests. They store bytecode even if the environment says not to.

Else each run compiles every test anew, and each command that a test starts compiles all that it imports.
"""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
