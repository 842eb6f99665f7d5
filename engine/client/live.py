"""What changes by itself and can be waited for: orders, requests and questions."""

from collections.abc import Callable

from engine.client.errors import ClientError


class Live:
    """Something that changes when reports arrive; who waits for it is told of each change."""

    __slots__ = ("_watchers", "error")

    def __init__(self) -> None:
        self.error: ClientError | None = None
        self._watchers: tuple[Callable[[], None], ...] = ()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have `watcher` called at the next change, on the thread that reads the connection."""
        self._watchers += (watcher,)

    def unwatch(self, watcher: Callable[[], None]) -> None:
        """Undo `watch`."""
        self._watchers = tuple(each for each in self._watchers if each is not watcher)

    def changed(self) -> None:
        """Tell who waits."""
        watchers, self._watchers = self._watchers, ()
        for watcher in watchers:
            watcher()

    def fail(self, error: ClientError) -> None:
        """Tell who waits that nothing more will come."""
        self.error = error
        self.changed()
