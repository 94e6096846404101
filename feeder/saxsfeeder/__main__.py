"""``python -m saxsfeeder``."""

import sys

from saxsfeeder.command import main

sys.exit(main())
