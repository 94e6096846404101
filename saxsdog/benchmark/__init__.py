"""How fast this machine integrates, beside other programs in the same run."""
