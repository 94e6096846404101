"""One file for the results of a whole data set, which grows with every image."""
