"""A generation of the index that is open: it is closed when nobody reads it any more."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.store.local import LocalStore


class Held:
    """A generation that is closed when it is retired and nobody reads it any more."""

    def __init__(self, store: LocalStore) -> None:
        self.store = store
        self._readers, self._retired = 0, False
        self._lock = threading.Lock()

    def begin(self) -> bool:
        """Count a reader in; False where the generation is retired."""
        with self._lock:
            self._readers += not self._retired
            return not self._retired

    def end(self) -> None:
        """Count a reader out."""
        self._change(-1, retired=False)

    def retire(self) -> None:
        """Let nobody in any more."""
        self._change(0, retired=True)

    def _change(self, readers: int, *, retired: bool) -> None:
        with self._lock:
            self._readers += readers
            self._retired |= retired
            last = self._retired and not self._readers
        if last:
            self.store.close()
