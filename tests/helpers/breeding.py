"""Let atheris breed inputs for one reader: ``python -m tests.helpers.breeding READER FOLDER``.

Further arguments are those of libFuzzer. What breaks the reader is left in the folder.
"""

import sys
from pathlib import Path
from types import CodeType

import atheris

from saxsdog import compiled as loops

compile_loop = loops.compiled


def compile_as_written(function):
    """Compile a loop that atheris has changed, to watch it: that cannot be compiled."""
    file = function.__code__.co_filename
    parts = compile(Path(file).read_text(encoding="utf-8"), file, "exec").co_consts
    codes = [part for part in parts if isinstance(part, CodeType)]
    function.__code__ = next(code for code in codes if code.co_name == function.__name__)
    return compile_loop(function)


loops.compiled = compile_as_written
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
