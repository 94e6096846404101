"""Let atheris breed inputs for one reader: ``python -m tests.helpers.breeding READER FOLDER``.

Further arguments are those of libFuzzer. What breaks the reader is left in the folder.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["saxsdog.io", "saxsdog.protocol"]):
    from tests.helpers.readers import READERS


def main(name, folder, *options):
    """Breed until an option says that it is enough, or something breaks."""
    corpus = Path(folder) / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, sample in enumerate(READERS[name].samples):
        (corpus / f"{number}").write_bytes(sample)
    prefix = f"-artifact_prefix={folder}/"

    def try_on(data):
        READERS[name].try_on(data)

    atheris.Setup([sys.argv[0], prefix, *options, str(corpus)], try_on)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
