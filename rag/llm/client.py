"""The endpoint of a language model (the only file that imports openai): messages → pieces of text, within limits."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal
from urllib.parse import urlsplit

from rag.errors import LanguageModelError, SettingsError
from rag.settings import Settings
from rag.text import tokens

CHARACTERS = 20_000
"""Characters of an answer that are taken: a model that does not end is cut off there."""
INSTALL = 'pip install "chapter-and-verse[llm]", in a checkout pip install -r requirements-extras.txt'


@dataclass(frozen=True, slots=True)
class Message:
    """What is said to the model."""

    role: Literal["system", "user"]
    content: str


@dataclass(frozen=True)
class Endpoint:
    """A language model at an address; ``settings`` name it."""

    settings: Settings

    def stream(self, messages: Sequence[Message], *, answer_tokens: int, seconds: float | None = None) -> Iterator[str]:
        """Yield the answer in pieces as they come; ``seconds`` is how long the whole of it may take.

        Raises LanguageModelError, in one line, where it does not come, breaks off, or is declined, and SettingsError
        without the package.
        """
        limit = self.settings.llm_seconds if seconds is None else seconds
        pieces: queue.Queue[str | Exception | None] = queue.Queue()
        stopped = threading.Event()
        # A thread of its own: an endpoint that sends a byte now and then never runs into a timeout between two.
        work = threading.Thread(
            target=self._receive, args=(messages, answer_tokens, limit, pieces, stopped), name="llm", daemon=True
        )
        ends, taken = time.monotonic() + limit, 0
        work.start()
        try:
            while True:
                try:
                    piece = pieces.get(timeout=max(0.0, ends - time.monotonic()))
                except queue.Empty:
                    raise LanguageModelError(f"{self._name} did not finish within {limit:g} seconds.") from None
                if piece is None:
                    return
                if isinstance(piece, Exception):
                    raise piece
                taken += len(piece)
                yield piece
                if taken > CHARACTERS:
                    raise LanguageModelError(f"{self._name} does not end: it was cut off.")
        finally:
            stopped.set()

    def counter(self) -> Callable[[str], int]:
        """Return what counts a text's tokens as the model does, at most about so where its encoding is not at hand."""
        return partial(tokens.count_for, self._model)

    @property
    def _name(self) -> str:
        return f"The language model at {urlsplit(self.settings.llm).netloc.rpartition('@')[2]}"

    @cached_property
    def _client(self) -> Any:
        try:
            import openai
        except ModuleNotFoundError as error:
            raise SettingsError(f"The setting 'llm' needs the package openai. Install it with: {INSTALL}.") from error
        address = self.settings.llm.rstrip("/")
        # What is asked goes to the endpoint that was named, and to no other that it may point to.
        web = openai.DefaultHttpxClient(follow_redirects=False)
        base = address if urlsplit(address).path else f"{address}/v1"
        return openai.OpenAI(base_url=base, api_key=self.settings.llm_key or "none", max_retries=0, http_client=web)

    @property
    def _model(self) -> str:
        """The model that the settings name, else the first that the endpoint offers."""
        if self.settings.llm_model:
            return self.settings.llm_model
        try:
            return self._offered
        except SettingsError:
            raise
        except Exception:  # whatever an endpoint sends
            return "default"  # an endpoint of one model takes any name; the next question asks again

    @cached_property
    def _offered(self) -> str:
        return str(next(iter(self._client.models.list(timeout=5.0))).id)

    def _receive(
        self,
        messages: Sequence[Message],
        answer_tokens: int,
        seconds: float,
        pieces: queue.Queue[str | Exception | None],
        stopped: threading.Event,
    ) -> None:
        try:
            finished = None
            with self._client.chat.completions.create(
                model=self._model,
                messages=[{"role": message.role, "content": message.content} for message in messages],
                max_tokens=answer_tokens,
                temperature=0,
                stream=True,
                timeout=seconds,
            ) as stream:
                for chunk in stream:
                    if stopped.is_set():
                        return
                    for choice in chunk.choices or ():
                        finished = choice.finish_reason or finished
                        if getattr(choice.delta, "refusal", None):
                            raise LanguageModelError(f"{self._name} declined to write.")
                        if isinstance(choice.delta.content, str) and choice.delta.content:
                            pieces.put(tokens.encodable(choice.delta.content))
            pieces.put(self._ended(finished))
        except Exception as error:  # whatever an endpoint sends, it is one line to the user
            pieces.put(self._said(error))

    def _ended(self, reason: str | None) -> LanguageModelError | None:
        """Return what is wrong with an answer that ended for this reason; None where nothing is."""
        wrong = {
            None: "broke off",
            "length": "was cut off at the length that it may write",
            "content_filter": "declined to write",
        }
        return LanguageModelError(f"{self._name} {wrong[reason]}.") if reason in wrong else None

    def _said(self, error: Exception) -> Exception:
        if isinstance(error, LanguageModelError | SettingsError):
            return error
        import openai

        if isinstance(error, openai.APITimeoutError):
            words = "did not answer in time"
        elif isinstance(error, openai.APIStatusError):
            words = f"answered with status {error.status_code}"
        elif isinstance(error, openai.APIConnectionError):
            words = "cannot be reached"
        else:
            words = f"sent what cannot be read ({type(error).__name__})"
        return LanguageModelError(f"{self._name} {words}.")
