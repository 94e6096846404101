"""``python -m saxsdog.cli.leash`` is the command ``saxsleash``."""

import sys

from saxsdog.cli.leash import main

sys.exit(main())
