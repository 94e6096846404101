"""Run ``python -m saxsdog`` like the command ``saxsdog``."""

import sys

from saxsdog.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
