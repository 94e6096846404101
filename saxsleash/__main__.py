"""``python -m saxsleash``."""

import sys

from saxsleash.command import main

if __name__ == "__main__":
    sys.exit(main())
