"""A session in a child process, and a parent that owns the exit code whatever the app does.

An app may end the process it runs in, hold it for ever or crash it. The parent then knows
from the journal which call did, says so, and lets the rest of the session go on in a new
child. Needs `os.fork`: everything that pytest has loaded by then is there at no cost.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .checks.process import holds_everybody, process_exit
from .finding import Finding
from .journal import Account, Journal, read
from .run import Part

__all__ = ["Carried", "Supervisor", "possible"]

#: Exit codes of pytest's.
INTERRUPTED, INTERNAL_ERROR = 2, 3
MOST_RESTARTS = 5
GRACE_SECONDS = 15.0


@dataclass(slots=True)
class Carried:
    """What a new child takes over from those that died.

    *lost* has what was found about each event whose call ended or held a process, by the
    event's label, and *half* those of which nothing else was told by then; *ended* are the tests
    that need not run again, *died* those during which a process ended and that have no event of
    ours to blame.
    """

    parts: list[Part] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    died: dict[str, str] = field(default_factory=dict)
    lost: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    half: set[str] = field(default_factory=set)
    meta: dict[str, Any] = field(default_factory=dict)
    starts: int = 0


def possible() -> bool:
    """Whether this system can fork."""
    return hasattr(os, "fork") and sys.platform != "win32"


class Supervisor:
    """Runs *session* in a child, again as long as an app ends it before its time."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.say = say
        self.journal = Journal(folder / "journal.jsonl")
        self.carried = Carried()
        self.account = Account()
        self.how = ""
        self.watchdog = folder / "watchdog.txt"
        self._interrupted = self._ended = self._looked = 0.0
        self._start = 0

    def run(self, session: Callable[[Carried], int]) -> int | None:
        """Return the exit code; None if the app ended every child, so that nothing was left.

        `account` is then what the last child left, `how` how it ended, `carried` what came before.
        """
        for _ in range(MOST_RESTARTS + 1):
            self._start = self.journal.path.stat().st_size
            self._ended = 0.0
            status = self._child(session)
            self.account = account = read(self.journal.path, self._start)
            if self._interrupted and (account.broken or account.done == INTERNAL_ERROR):
                return INTERRUPTED  # it came in the middle of a hook
            if account.done is not None:
                return account.done
            if account.broken:
                return INTERNAL_ERROR  # it has shown its traceback
            self.how = how = _how(status)
            if self._interrupted:
                return INTERRUPTED
            if not self._take_over(account, how):
                return None
        return None

    def _child(self, session: Callable[[Carried], int]) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        self.carried.starts += 1
        alive, watched = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python 3.12 warns when other threads live
            process = os.fork()
        if process == 0:
            os.close(watched)
            self._be_child(session, alive)
        os.close(alive)
        try:
            return self._wait(process)
        finally:
            os.close(watched)

    def _be_child(self, session: Callable[[Carried], int], alive: int) -> None:
        code = 70
        try:
            # A CI job that is cancelled ends like Ctrl-C: with a report.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            _end_with_parent(alive)
            code = int(session(self.carried))
            self.journal.write("done", exit=code)
        except BaseException as error:
            self.journal.write("broken", error=repr(error))
            sys.excepthook(*sys.exc_info())
        finally:
            with contextlib.suppress(BaseException):
                sys.stdout.flush()
                sys.stderr.flush()
                atexit._run_exitfuncs()
            os._exit(code)

    def _wait(self, process: int) -> int:
        """Return the child's wait status; Ctrl-C is the child's to handle, SIGTERM is passed on."""

        def terminate(*_: object) -> None:
            self._on_interrupt()
            os.kill(process, signal.SIGTERM)

        before = {
            signal.SIGINT: signal.signal(signal.SIGINT, self._on_interrupt),
            signal.SIGTERM: signal.signal(signal.SIGTERM, terminate),
        }
        try:
            while True:
                found, status = os.waitpid(process, os.WNOHANG)
                if found:
                    return status
                if self._overdue():
                    os.kill(process, signal.SIGKILL)
                time.sleep(0.02)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _overdue(self) -> bool:
        """Whether the child should have ended by now: it said so, or Ctrl-C was pressed."""
        now = time.monotonic()
        if now - self._looked > 1:
            self._looked = now
            if not self._ended and read(self.journal.path, self._start).done is not None:
                self._ended = now
        since = self._interrupted or self._ended
        return bool(since) and now - since > GRACE_SECONDS

    def _on_interrupt(self, *_: object) -> None:
        self._interrupted = self._interrupted or time.monotonic()

    def _take_over(self, account: Account, how: str) -> bool:
        """Keep what the dead child had done; False if it died before its first test."""
        held = self.watchdog.is_file() and self.watchdog.stat().st_size > 0
        if held:
            self.watchdog.write_bytes(b"")
            account.stuck = account.stuck or "no other thread could run any more"
        carried = self.carried
        carried.parts += account.parts
        carried.ended |= set(account.items)
        carried.failed |= set(account.failed)
        carried.meta.update(account.meta)
        if account.call is not None:
            judge = holds_everybody if account.stuck else process_exit
            found = account.lost or tuple(judge(account.call, account.stuck or how))
            root = account.call["root"]
            if account.lost or root in carried.lost:
                carried.half.discard(root)
            else:
                carried.half.add(root)
            before = carried.lost.get(root, ())
            known = {(finding.check, finding.event) for finding in before}
            new = tuple(f for f in found if (f.check, f.event) not in known)
            carried.lost[root] = (*before, *new)
            carried.parts.append(Part(findings=found))  # its test may not be run any more
            where = account.call["event"]
            self.say(f"{found[0].title}: {where}. The rest goes on in a new process.")
        elif account.current:
            carried.ended.add(account.current)
            carried.died[account.current] = how
            where = account.current
            self.say(f"The process ended ({how}) in {where}. The rest goes on in a new one.")
        else:
            return False
        return True


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            return f"signal {signal.Signals(number).name}"
        except ValueError:
            return f"signal {number}"
    return f"exit status {os.WEXITSTATUS(status)}"


def _end_with_parent(alive: int) -> None:
    """End this process when the parent ends.

    Linux does it by itself; elsewhere a thread waits for the parent's end of the pipe to
    be closed. A thread is to be avoided: this process may be copied by a fork later on.
    """
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            if ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0) == 0:  # PR_SET_PDEATHSIG
                return

    def watch() -> None:
        with contextlib.suppress(OSError):
            if os.read(alive, 1) == b"":
                os._exit(71)

    threading.Thread(target=watch, name="gradio-harness-parent", daemon=True).start()
