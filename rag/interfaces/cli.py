"""The command line: ``python -m rag``, and ``rag`` once installed.

Exit status: 0 done; 1 a "no" (a refusal, a failed verification, a stale index); 2 an error, one line on stderr.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from rag import documents
from rag.errors import DocumentError, RagError, SettingsError
from rag.interfaces import extra, serialization
from rag.interfaces.batch import answer_lines, lines_of, one_line, said
from rag.interfaces.exports import FORMS, write
from rag.interfaces.terminal import (
    WRITTEN,
    ProgressLine,
    checked_lines,
    fault_line,
    passage_lines,
    summary_lines,
    written_line,
)
from rag.library import Library, build_library, open_library, read_texts
from rag.models import Models
from rag.scope import Scope
from rag.settings import Settings, load_settings
from rag.types import Answer, Reply, Summary, Turn
from rag.verification import check_text, verify

DONE, NO, ERROR = 0, 1, 2

_IN = "only these documents and folders, with all below them; paths count from the folder of documents"
_TYPE = "only documents of this type, such as pdf or html; pdf,docx for several. Where none is, the reply is a refusal"
_SINCE = "only documents of 2024, 2024-03 or 2024-03-05 and later: their own date or their name's, else their file's"

Command = Callable[[argparse.Namespace, Settings], int]


def run() -> NoReturn:
    """Run the command line and leave with its exit status."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = ERROR
    except KeyboardInterrupt:
        print("\nrag: stopped.", file=sys.stderr)
        status = 130
    sys.exit(status)


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status; every RagError becomes one line on stderr."""
    # Before torch is imported: threads that spin as they wait take the core from whoever they wait for, threads that
    # sleep at once take 8 ms longer over an answer. So: spin for some microseconds, then sleep.
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    try:
        options = _parser().parse_args(arguments)
        chosen = {key: value for key, value in vars(options).items() if key in Settings.__dataclass_fields__}
        command: Command = options.run
        settings = load_settings(chosen)
        documents.allow_memory(settings.reading_megabytes)
        return command(options, settings)
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"rag: {one_line(error)}. Mend that, then try again.", file=sys.stderr)
    except Exception as error:  # whatever it is, a user gets one line
        print(f"rag: {said(error)}", file=sys.stderr)
    return ERROR


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise RagError(f"{message}. See: {self.prog} --help")


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < len(text) < 10 or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="rag", description="Ask a folder of documents, and get the answer in their own words.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    folders = {"seeds": "the folder of documents (default: seeds)", "index": "the index folder (default: index)"}

    def add(name: str, help: str, run: Command, *needed: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help, description=help)
        command.set_defaults(run=run)
        for folder in needed:
            command.add_argument(f"--{folder}", metavar="DIR", help=folders[folder])
        return command

    def limit_search(command: argparse.ArgumentParser) -> None:
        command.add_argument("--in", dest="within", nargs="+", action="extend", default=[], metavar="PATH", help=_IN)
        command.add_argument("--type", dest="types", action="append", default=[], metavar="TYPE", help=_TYPE)
        command.add_argument("--since", metavar="DATE", default="", help=_SINCE)
        command.add_argument("--until", metavar="DATE", default="", help="only documents until then, it included")

    build = add("build", "Build the index from a folder of documents; only what changed is read.", _build, *folders)
    build.add_argument("--full", action="store_true", help="read and embed everything anew")
    calibrate_help = "then fit the threshold of refusal to your questions, as for rag eval --own"
    build.add_argument("--calibrate", metavar="FILE", type=Path, help=calibrate_help)
    ray_help = "read and embed with Ray at this address, as host:6379; without one, with its own on this machine"
    build.add_argument("--ray", metavar="ADDRESS", nargs="?", const="local", default="", help=ray_help)
    add("watch", "Follow the folder of documents, and build whenever something in it changes.", _watch, *folders)

    ask = add("ask", "Ask the index a question, or a file of questions.", _ask, "index")
    ask.add_argument("question", nargs="?", help="the question")
    batch_help = 'a line {"id", "question"[, "turns", "in", "type", "since", "until"]} a question; - for stdin'
    ask.add_argument("--batch", metavar="FILE", help=batch_help)
    limit_search(ask)
    ask.add_argument("--json", dest="form", action="store_const", const="json", help="the same as --format json")
    ask.set_defaults(form="text")
    ask.add_argument("--all", metavar="N", type=_count, help="show all quotes that answer, N at most")
    ask.add_argument("--format", dest="form", choices=list(FORMS), help="how the reply is printed")
    ask.add_argument("--output", metavar="FILE", type=Path, help="write it into this file, as a Word document must be")

    search = add("search", "Find the passages nearest to some words, best first; nothing is decided.", _search, "index")
    search.add_argument("words", nargs="?", help="the words, or a question")
    limit_search(search)
    search.add_argument("--limit", metavar="N", type=_count, default=10, help="so many passages, at most (default: 10)")
    search.add_argument("--json", action="store_true", help="print a list of passages as JSON")

    read = add("read", "Answer questions from the passages given with them, without an index.", _read)
    read.add_argument(
        "--batch", metavar="FILE", required=True, help='a line {"id", "question", "passages"[, "turns"]}; - for stdin'
    )

    verify = add("verify", "Check that every quote of a reply stands where it says.", _verify, *folders)
    verify.add_argument("reply", metavar="FILE", nargs="?", help="replies in JSON, one or one a line; - for stdin")
    text_help = "a text (.md, .txt, .docx, .html) whose quotations are looked for in every document"
    verify.add_argument("--text", metavar="FILE", type=Path, help=text_help)
    anew_help = "read every file anew; else the text of unchanged PDFs and the like comes from the index, for --text"
    verify.add_argument("--anew", action="store_true", help=anew_help)
    verify.add_argument("--format", choices=("text", "json", "markdown", "html"), help="of the report on a text")
    pictures_help = "pages that a report in HTML shows as pictures, at most; 0 for none (default: 12)"
    verify.add_argument("--pictures", metavar="N", type=int, default=12, help=pictures_help)
    verify.add_argument("--json", action="store_true", help="print the verdicts as JSON")

    serve = add("serve", "Open the chat in a browser page.", _serve, *folders)
    serve.add_argument("--host", help="the address to listen on (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, help="the port to listen on (default: 7860)")

    add("mcp", "Serve assistants over the Model Context Protocol, on standard input and output.", _mcp, *folders)

    add("check", "Tell whether the index is whole and current.", _check, *folders)

    evaluate = add(
        "eval", "Measure the quality: a published set, or your own questions over your own index.", _eval, "index"
    )
    evaluate.add_argument("names", nargs="*", metavar="NAME", help="a published set; from a checkout only")
    evaluate.add_argument("--own", metavar="FILE", type=Path, help='a line {"question", "answer"[, "document"]} each')
    suggest_help = "draw so many passages and ask for questions about them, kept in --own FILE or beside the index"
    evaluate.add_argument("--suggest", metavar="N", type=_count, help=suggest_help)
    evaluate.add_argument("--seed", metavar="S", type=int, default=0, help="another number draws other passages")
    evaluate.add_argument("--data", metavar="DIR", type=Path, default=Path("../shared/data"), help="the published sets")
    evaluate.add_argument("--json", action="store_true", help="print the figures as JSON")
    evaluate.add_argument("--plots", metavar="DIR", type=Path, help="draw pictures into this folder")
    evaluate.add_argument("--limit", metavar="N", type=_count, help="ask this many questions of a set, at most")
    return parser


def _build(options: argparse.Namespace, settings: Settings) -> int:
    with ProgressLine(sys.stderr) as line:
        summary = build_library(settings, full=options.full, progress=line.show, ray=options.ray).summary
    if summary:
        print("\n".join(summary_lines(summary)))
    if options.calibrate:
        from rag.quality.own import calibrate_index

        print(f"Questions are answered from a confidence of {calibrate_index(options.calibrate, settings):.2f} on.")
    return DONE


def _watch(options: argparse.Namespace, settings: Settings) -> int:
    from rag.indexing.watch import watch

    with ProgressLine(sys.stderr) as line:

        def tell(news: Summary | RagError) -> None:
            line.clear()
            if isinstance(news, RagError):
                print(f"rag: {news}", file=sys.stderr, flush=True)
            else:
                print("\n".join(summary_lines(news)), flush=True)

        watch(settings, Models(settings).encoder, tell=tell, report=line.show)
    return DONE


def _ask(options: argparse.Namespace, settings: Settings) -> int:
    if options.batch is None:
        options.question = _words(options.question, options.within)
    if (options.question is None) == (options.batch is None):
        raise RagError("Give a question, or --batch FILE. See: rag ask --help")
    library, scope = open_library(settings), _scope(options)

    def answer(question: str, turns: Sequence[Turn], item: dict[str, Any]) -> Reply:
        limit = serialization.limit_of(item, options.all)
        return library.ask(question, turns=turns, within=serialization.scope_of(item, scope), quotes=limit)

    if options.batch is not None:
        answer_lines(options.batch, answer, settings)
        return DONE
    aloud = options.form == "text" and options.output is None
    reply = library.ask(options.question, within=scope, quotes=options.all, write=not aloud)
    write(options.form, [reply], options.output)
    if aloud:
        _write_on(library, reply)
    return DONE if isinstance(reply, Answer) else NO


def _write_on(library: Library, reply: Reply) -> None:
    """Print what a language model writes from the quotes, as it comes, where one is attached."""
    sys.stdout.flush()
    count, notices = 0, len(reply.notices)
    for grown in library.write(reply):
        if isinstance(grown, Answer) and len(grown.written) > count:
            print(f"\n{WRITTEN}\n" * (count == 0) + written_line(grown.written[-1]), flush=True)
            count = len(grown.written)
        for notice in grown.notices[notices:]:
            print(f"\n{one_line(notice)}")


def _search(options: argparse.Namespace, settings: Settings) -> int:
    words, scope = _words(options.words, options.within), _scope(options)
    if words is None:
        raise RagError("Give the words, or a question. See: rag search --help")
    found = open_library(settings).search_quotes(words, limit=options.limit, within=scope)
    _print(options, [serialization.quote_to_json(quote) for quote in found], passage_lines(found, scope))
    return DONE


def _words(words: str | None, paths: list[str]) -> str | None:
    """Return the words; where they stand behind the paths of --in, they were taken for the last of those."""
    return paths.pop() if words is None and len(paths) > 1 else words


def _scope(options: argparse.Namespace) -> Scope:
    types = tuple(name for names in options.types for name in names.split(","))
    return Scope(tuple(options.within), types, options.since, options.until)


def _read(options: argparse.Namespace, settings: Settings) -> int:
    models = Models(settings)

    def answer(question: str, turns: Sequence[Turn], item: dict[str, Any]) -> Reply:
        return read_texts(question, serialization.texts_of(item), settings=settings, models=models, turns=turns).reply

    answer_lines(options.batch, answer, settings)
    return DONE


def _verify(options: argparse.Namespace, settings: Settings) -> int:
    options.json |= options.format == "json"
    if (options.reply is None) == (options.text is None):
        raise RagError("Give a file of replies, or --text FILE. See: rag verify --help")
    if options.text is None and Path(options.reply).suffix.lower() in (".md", ".txt", ".html", ".htm", ".docx"):
        options.text = Path(options.reply)  # an export that people read: its quotations are looked for
    if options.text is not None:
        return _verify_text(options, settings)
    if options.format in ("markdown", "html"):
        raise RagError("A report in Markdown or HTML is made of a text alone. Give it with --text FILE.")
    verdicts = verify(serialization.replies_of("".join(lines_of(options.reply)), options.reply), settings.seeds)
    faults = [fault_line(verdict) for verdict in verdicts if not verdict.holds]
    _print(options, serialization.verdicts_to_json(verdicts), faults or ["Every quote stands where it says."])
    return NO if faults else DONE


def _verify_text(options: argparse.Namespace, settings: Settings) -> int:
    try:
        text = documents.draft_text(options.text)
    except DocumentError as error:
        raise RagError(f"{options.text} cannot be read: {error}") from error
    index = None if options.anew else settings.index
    checked = check_text(text, settings.seeds, file=options.text, index=index)
    if options.format in ("markdown", "html"):
        from rag.interfaces.web.verdicts import report

        print(report(options.format, checked, settings.seeds, options.text.name, pictures=max(0, options.pictures)))
    else:
        _print(options, serialization.checked_to_json(checked), checked_lines(checked))
    return DONE if all(verdict.holds for verdict in checked.verdicts) else NO


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    from rag.interfaces.web.server import serve

    serve(settings)
    return DONE


def _mcp(options: argparse.Namespace, settings: Settings) -> int:
    mcp = extra("mcp")
    mcp.serve(settings if options.seeds else mcp.built_from(settings))
    return DONE


def _check(options: argparse.Namespace, settings: Settings) -> int:
    from rag.indexing.check import faults

    found = faults(settings)
    print("\n".join(found) if found else "The index is whole and current.")
    return NO if found else DONE


def _eval(options: argparse.Namespace, settings: Settings) -> int:
    from rag.quality import own
    from rag.quality.report import Run, show

    if options.suggest and not options.names:
        from rag.interfaces.questions import suggest_questions

        file = options.own or settings.index.absolute().with_name(own.NAME)
        suggest_questions(open_library(settings), options.suggest, seed=options.seed, file=file)
        return DONE
    if bool(options.names) == bool(options.own):
        raise RagError("Name a set, or give --own FILE. See: rag eval --help")
    with ProgressLine(sys.stderr) as line:
        run = Run(options.data, settings, Models(settings), options.limit, line.show)
        reports = (own.evaluate(options.own, run),) if options.own else _published().evaluate(options.names, run)
    show(reports, as_json=options.json, plots=options.plots)
    return DONE


def _print(options: argparse.Namespace, value: object, lines: Iterable[str]) -> None:
    print(serialization.dumps(value) if options.json else "\n".join(lines))


def _published() -> Any:
    """Return what measures the published sets, which a checkout has and the installed package has not."""
    checkout = Path.cwd()
    if not (checkout / "benchmarks" / "quality" / "sets.py").is_file():
        raise SettingsError("Published sets are measured in a checkout only: change into it, or give --own FILE.")
    if str(checkout) not in sys.path:
        sys.path.insert(0, str(checkout))
    return importlib.import_module("benchmarks.quality.sets")
