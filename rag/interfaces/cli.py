"""The command line: ``python -m rag``, and ``rag`` once installed.

Exit status: 0 done; 1 a "no" (a refusal, a failed verification, a stale index); 2 an error, one line on stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn

from rag.errors import RagError, ReplyError
from rag.settings import Settings, load_settings
from rag.types import Reply

DONE, NO, ERROR = 0, 1, 2


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
    try:
        options = _parser().parse_args(arguments)
        chosen = {key: value for key, value in vars(options).items() if key in Settings.__dataclass_fields__}
        command: Callable[[argparse.Namespace, Settings], int] = options.run
        return command(options, load_settings(chosen))
    except RagError as error:
        print(f"rag: {error}", file=sys.stderr)
        return ERROR


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise RagError(f"{message}. See: {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="rag", description="Ask a folder of documents, and get the answer in their own words.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    folders = {"seeds": "the folder of documents (default: seeds)", "index": "the index folder (default: index)"}

    def add(
        name: str, help: str, run: Callable[[argparse.Namespace, Settings], int], *needed: str
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help, description=help)
        command.set_defaults(run=run)
        for folder in needed:
            command.add_argument(f"--{folder}", metavar="DIR", type=Path, help=folders[folder])
        return command

    build = add(
        "build", "Build the index from a folder of documents; only what changed is read.", _build, "seeds", "index"
    )
    build.add_argument("--full", action="store_true", help="read and embed everything anew")
    calibrate_help = "then fit the threshold of refusal to your questions, as for rag eval --own"
    build.add_argument("--calibrate", metavar="FILE", type=Path, help=calibrate_help)

    add(
        "watch", "Follow the folder of documents, and build whenever something in it changes.", _watch, "seeds", "index"
    )

    ask = add("ask", "Ask the index a question, or a file of questions.", _ask, "index")
    ask.add_argument("question", nargs="?", help="the question")
    ask.add_argument("--batch", metavar="FILE", help='a line {"id", "question"[, "turns"]} a question; - for stdin')
    ask.add_argument("--json", action="store_true", help="print the reply as JSON")

    read = add("read", "Answer questions from the passages given with them, without an index.", _read)
    read.add_argument(
        "--batch", metavar="FILE", required=True, help='a line {"id", "question", "passages"[, "turns"]}; - for stdin'
    )

    verify = add("verify", "Check that every quote of a reply stands where it says.", _verify, "seeds")
    verify.add_argument("reply", help="a file of replies in JSON, one or one a line; - for stdin")

    serve = add("serve", "Open the chat in a browser page.", _serve, "seeds", "index")
    serve.add_argument("--host", help="the address to listen on (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, help="the port to listen on (default: 7860)")

    add("check", "Tell whether the index is whole and current.", _check, "seeds", "index")

    evaluate = add(
        "eval", "Measure the quality: a published set, or your own questions over your own index.", _eval, "index"
    )
    evaluate.add_argument("names", nargs="*", metavar="NAME", help="squad2, clapnq, excerpts, open or followups")
    evaluate.add_argument("--own", metavar="FILE", type=Path, help='a line {"question", "answer"[, "document"]} each')
    evaluate.add_argument("--data", metavar="DIR", type=Path, help="the published sets (default: ../shared/data)")
    evaluate.add_argument("--json", action="store_true", help="print the figures as JSON")
    evaluate.add_argument("--plots", metavar="DIR", type=Path, help="draw pictures into this folder")
    evaluate.add_argument("--limit", metavar="N", type=int, help="ask this many questions of a set, at most")
    return parser


def _build(options: argparse.Namespace, settings: Settings) -> int:
    from rag.interfaces.terminal import ProgressLine, summary_lines
    from rag.library import build_library

    with ProgressLine(sys.stderr) as line:
        summary = build_library(settings, full=options.full, progress=line.show).summary
    if summary:
        print("\n".join(summary_lines(summary)))
    if options.calibrate:
        from rag.quality.own import calibrate_index

        print(f"Questions are answered from a confidence of {calibrate_index(options.calibrate, settings):.2f} on.")
    return DONE


def _watch(options: argparse.Namespace, settings: Settings) -> int:
    from rag.indexing.watch import watch
    from rag.interfaces.terminal import ProgressLine, summary_lines
    from rag.library import Models
    from rag.types import Summary

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
    from rag.interfaces.serialization import to_json, turns_from_json
    from rag.interfaces.terminal import reply_lines
    from rag.library import open_library
    from rag.types import Answer

    if (options.question is None) == (options.batch is None):
        raise RagError("Give a question, or --batch FILE. See: rag ask --help")
    library = open_library(settings)
    if options.batch is not None:

        def answer(item: dict[str, Any]) -> Reply:
            return library.ask(_question(item), turns=turns_from_json(item.get("turns")))

        return _batch(options.batch, answer, settings)
    reply = library.ask(options.question)
    print(_dumps(to_json(reply)) if options.json else "\n".join(reply_lines(reply)))
    return DONE if isinstance(reply, Answer) else NO


def _read(options: argparse.Namespace, settings: Settings) -> int:
    from rag.interfaces.serialization import turns_from_json
    from rag.library import Models, read_texts

    models = Models(settings)

    def answer(item: dict[str, Any]) -> Reply:
        turns = turns_from_json(item.get("turns"))
        return read_texts(_question(item), _texts(item), settings=settings, models=models, turns=turns).reply

    return _batch(options.batch, answer, settings)


def _verify(options: argparse.Namespace, settings: Settings) -> int:
    from rag.verification.verdicts import faults

    found = [fault for reply in _replies(options.reply) for fault in faults(reply, settings.seeds)]
    print("\n".join(found) if found else "Every quote stands where it says.")
    return NO if found else DONE


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    from rag.interfaces.web import serve

    serve(settings)
    return DONE


def _check(options: argparse.Namespace, settings: Settings) -> int:
    from rag.indexing.check import faults

    found = faults(settings)
    print("\n".join(found) if found else "The index is whole and current.")
    return NO if found else DONE


def _eval(options: argparse.Namespace, settings: Settings) -> int:
    from rag.quality.command import command

    command(options, settings)
    return DONE


def _batch(file: str, answer: Callable[[dict[str, Any]], Reply], settings: Settings) -> int:
    """Write a reply a line, in order; a line that cannot be answered gets an error as its reply."""
    from rag.interfaces.serialization import error_to_json, to_json

    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        id, question = None, ""
        try:
            item = _item(line, number)
            id, question = item.get("id"), str(item.get("question", ""))[: settings.question_characters]
            reply = to_json(answer(item), id)
        except (RagError, RecursionError) as error:
            reply = error_to_json(str(error), id, question)
        print(_dumps(reply), flush=True)
    return DONE


def _dumps(reply: dict[str, Any]) -> str:
    """Return a reply as one line of JSON; a lone surrogate is written as its escape, which is JSON too."""
    return json.dumps(reply, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")


def _item(line: str, number: int) -> dict[str, Any]:
    try:
        item = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RagError(f"Line {number} is not JSON: {error}.") from error
    if not isinstance(item, dict):
        raise RagError(f"Line {number} is not a JSON object.")
    return item


def _question(item: dict[str, Any]) -> str:
    question = item.get("question")
    if not isinstance(question, str):
        raise RagError('The line has no "question".')
    return question


def _texts(item: dict[str, Any]) -> dict[str, str]:
    """Return the passages of a line by name; passages of one name are told apart by a number."""
    texts: dict[str, str] = {}
    try:
        for passage in item["passages"]:
            name, text = str(passage["name"]), passage["text"]
            if not isinstance(text, str):
                raise TypeError
            texts[name if name not in texts else f"{name} ({len(texts) + 1})"] = text
    except (KeyError, TypeError) as error:
        raise RagError('"passages" must be a list of objects with "name" and "text".') from error
    return texts


def _replies(file: str) -> list[dict[str, Any]]:
    """Return the replies in a file: one, a list, or one a line."""
    text = "".join(_lines(file))
    try:
        value = json.loads(text)
        return value if isinstance(value, list) else [value]
    except ValueError:
        pass
    try:
        replies = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise ReplyError(f"{file} is not JSON: {error}. Give what rag ask --json printed.") from error
    if not replies:
        raise ReplyError(f"{file} is empty. Give what rag ask --json printed.")
    return replies


def _lines(file: str) -> Iterator[str]:
    """Yield a file's lines, or those of standard input where it is called "-"."""
    if file == "-":
        yield from _decoded(sys.stdin.buffer, file)
        return
    try:
        opened = Path(file).open("rb")  # noqa: SIM115  # closed below
    except OSError as error:
        raise RagError(f"{file} cannot be read: {error.strerror}. Give the path of a file.") from error
    with opened:
        yield from _decoded(opened, file)


def _decoded(stream: IO[bytes], file: str) -> Iterator[str]:
    for line in stream:
        yield line.decode("utf-8-sig" if line.startswith(b"\xef\xbb\xbf") else "utf-8", "replace")
