"""Another copy of the app under test, that nobody has called, in a process of its own."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterator

from .app import App, named_home
from .child import Zygote, child, memory_allows
from .drivers.wire import Wire
from .errors import TargetError
from .options import Options
from .target import Target
from .visitors.stage import NoCopy

__all__ = ["Copies"]

#: What an app has done by the time it runs, that a second start would do again.
TWICE = {"write": "writes files", "connect": "connects", "start": "starts programs"}


class Copies:
    """Starts them, unless a second start would do harm.

    Where Gradio is imported before the app is, as `prepare` has it, a copy is forked in a third
    of a second instead of started in three.
    """

    def __init__(self, target: Target, options: Options) -> None:
        self.target = target
        self.options = options
        self.zygote: Zygote | None = None

    def prepare(self) -> None:
        """Keep a process with Gradio in it to fork from; to be called before the app starts."""
        importlib.import_module("gradio")
        self.zygote = Zygote.start()

    def close(self) -> None:
        """End what `prepare` began."""
        if self.zygote is not None:
            self.zygote.close()
            self.zygote = None

    def start(self) -> App:
        """Return a copy. Raises TargetError if it does not start."""
        options = self.options
        return child(
            self.target,
            folder=options.folder,
            credentials=options.credentials,
            home=named_home(options.app_folder, options.folder),
            timeout_seconds=options.start_timeout_seconds,
            zygote=self.zygote,
        )

    def why_not(self, app: App) -> str:
        """Return why there is to be no copy of *app*; "" if one may be started."""
        if not self.target.local:
            return "it was running already"
        if self.options.isolation == "thread":
            return "as asked by --app-isolation thread"
        startup = app.probe.startup.effects if app.probe else ()
        done = [words for kind, words in TWICE.items() if any(e.kind == kind for e in startup)]
        if done:
            return f"it {' and '.join(done)} when it starts, and would do so twice"
        fits, words = memory_allows(os.getpid())
        return "" if fits else words

    @contextlib.contextmanager
    def copied(self, app: App) -> Iterator[tuple[App, Wire]]:
        """Give a copy of *app* and a driver for it. Raises NoCopy if there is none to be had."""
        if why := self.why_not(app):
            raise NoCopy(why)
        try:
            copy = self.start()
        except TargetError as error:
            first = str(error).splitlines()[0]
            raise NoCopy(f"a second copy did not start: {first}") from error
        with copy, Wire(copy, timeout_seconds=self.options.timeout_seconds) as wire:
            yield copy, wire
