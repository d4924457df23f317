"""Every error a user can meet, each with one line that says what happened and what to do.

RagError
├── SettingsError       a setting or an argument that cannot be used
├── QuestionError       an empty or over-long question
├── ScopeError          documents to search that cannot be told: a path, a type or a date
├── SeedsError          no folder of documents, or nothing readable in it
├── DocumentError       one file that cannot be read: it is skipped, and named
├── ModelError          a model that is missing, damaged or not the one expected
│   ├── EncoderError
│   ├── ReaderError
│   └── LanguageModelError  one that was attached does not answer, or breaks off
├── IndexError_         something about index/
│   ├── IndexMissing        nothing has been built there
│   ├── IndexMismatch       made by another format version or another model
│   ├── IndexDamaged        a file is not what the manifest says
│   ├── IndexNotWritable    read-only, no space left, or another build at work
│   └── IndexUnreachable    the engine that holds a part of it does not answer
├── UnknownDocument     no document of that name is in the index
│   └── UnknownPage         no such page of it, or none that can be shown
├── ChangedDocument     a file that is another one than the index was built from
├── ReplyError          a reply in JSON that cannot be read
└── ServeError          the page cannot be served (a port in use)
"""


class RagError(Exception):
    """The root: its text is one line for the user."""


class SettingsError(RagError):
    """A setting or an argument that cannot be used."""


class QuestionError(RagError):
    """An empty or over-long question."""


class ScopeError(RagError):
    """Documents to search that cannot be told: a path where nothing lies, an unknown type, a date that is none."""


class SeedsError(RagError):
    """No folder of documents, or nothing readable in it."""


class DocumentError(RagError):
    """One file that cannot be read: it is skipped, and named."""


class ModelError(RagError):
    """A model that is missing, damaged or not the one expected."""


class EncoderError(ModelError):
    """The encoder cannot be loaded."""


class ReaderError(ModelError):
    """The reader cannot be loaded."""


class LanguageModelError(ModelError):
    """A language model that does not answer, breaks off, or writes nothing of use; quotes stand without it."""


class IndexError_(RagError):
    """Something about ``index/``."""


class IndexMissing(IndexError_):
    """Nothing has been built there."""


class IndexMismatch(IndexError_):
    """Made by another format version or another model."""


class IndexDamaged(IndexError_):
    """A file is not what the manifest says."""


class IndexNotWritable(IndexError_):
    """Read-only, no space left, or another build at work."""


class IndexUnreachable(IndexError_):
    """The engine that holds a part of the index does not answer, or refuses."""


class UnknownDocument(RagError):
    """No document of that name is in the index."""


class UnknownPage(UnknownDocument):
    """The document has no such page, or none that can be shown."""


class ChangedDocument(RagError):
    """The file is another one than the index was built from: what is cited would not be found in it."""


class ReplyError(RagError):
    """A reply in JSON that cannot be read."""


class ServeError(RagError):
    """The page cannot be served."""


def one_line(error: BaseException) -> str:
    """Return what another library's error says, in a line of at most 200 characters; its kind where that is nothing."""
    return " ".join(str(error).split())[:200] or type(error).__name__
