"""The picture queue of a server, its journal, and the thread that keeps both."""
