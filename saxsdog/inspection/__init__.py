"""Whether calibration, masks and a frame fit together: numbers, and what they mean, without words.

The window and ``saxsdog doctor`` put it into words, each for its reader. Limits are set here only,
so that both judge alike.
"""
