"""Deadlines, cancellation, and Ctrl-C while the library works."""

from __future__ import annotations

import os
import queue
import signal
import threading
from typing import Any, Callable, Generic, Optional, TypeVar

from . import _ffi
from ._times import Timeout, timeout_ms

T = TypeVar("T")


class Call:
    """What a call that may take long can be given: a deadline, and a way to cancel it from another thread.

        call = luminate.Call(timeout=5)
        threading.Timer(1, call.cancel).start()
        store.query(query, call=call)            # luminate.Cancelled after a second, if it takes that long

    One may serve many calls, at the same time too; what is cancelled once stays so. For a deadline alone, every such
    function takes `timeout=` itself.

    Args:
        timeout: each call that is given this ends after so long, from its own beginning, with QueryTimeout: seconds,
            a timedelta, or a text such as "500ms". None: the limits of the store.
    """

    def __init__(self, timeout: Optional[Timeout] = None) -> None:
        self._handle = _ffi.created("call")
        self._cancelled = False
        if timeout is not None:
            _ffi.check(_ffi.lib.luminate_call_set_timeout, self._handle, timeout_ms(timeout))

    def cancel(self) -> None:
        """Ends the calls that were given this, and those that will be, with Cancelled: queries within 50 ms. A write
        whose commit is under way is finished first, and answered as if nothing had been. From any thread."""
        self._cancelled = True
        _ffi.lib.luminate_call_cancel(self._handle)

    @property
    def cancelled(self) -> bool:
        """Whether cancel() was called."""
        return self._cancelled

    def __repr__(self) -> str:
        return f"<luminate.Call{' cancelled' if self._cancelled else ''}>"


def call_of(timeout: Optional[Timeout], call: Optional[Call]) -> Call:
    """What functions are given that take both."""
    if call is None:
        return Call(timeout)
    if timeout is not None:
        raise ValueError("give either timeout= or call=; a call has its own: luminate.Call(timeout=...)")
    if not isinstance(call, Call):
        raise TypeError(f"call is {call!r} ({type(call).__name__}): it has to be a luminate.Call")
    return call


def interruptible(work: Callable[[], T], call: Call) -> T:
    """Runs `work`, which calls the library with `call`, so that Ctrl-C ends it.

    Python runs signal handlers in the main thread, between two steps of its own: never while that thread is inside
    the library. So what the main thread asks for is done by another one, for which it waits; and if a handler raises,
    as that of Ctrl-C does, the call is cancelled. This costs some 10 microseconds. Other threads do their own work.
    """
    if threading.current_thread() is not threading.main_thread() or not callable(signal.getsignal(signal.SIGINT)):
        return work()
    task = _Task(work)
    try:
        _workers.tasks().put(task)
        while not task.done.acquire(timeout=_LOOK_UP_S):
            pass
    except BaseException:
        call.cancel()
        if not task.claim.acquire(blocking=False):  # It has begun: what it uses may go only when it has ended.
            task.wait()
        raise
    return task.result()


# A signal that comes just before a thread begins to wait does not wake it. So it looks up from time to time.
_LOOK_UP_S = 0.1


class _Task(Generic[T]):
    """A piece of work that one thread gives to another."""

    __slots__ = ("work", "claim", "done", "finished", "value", "error")

    def __init__(self, work: Callable[[], T]) -> None:
        self.work: Optional[Callable[[], T]] = work
        self.claim = threading.Lock()  # Whoever gets it decides: the worker runs the task, or nobody does.
        self.done = threading.Lock()
        self.done.acquire()
        self.finished = False
        self.value: Any = None
        self.error: Optional[BaseException] = None

    def run(self) -> None:
        if not self.claim.acquire(blocking=False):
            return
        work, self.work = self.work, None
        assert work is not None
        try:
            self.value = work()
        except BaseException as error:  # Raised where the result is wanted.
            self.error = error
        finally:
            self.finished = True
            self.done.release()

    def wait(self) -> None:
        """Whoever waits may have been interrupted at any moment: `done` may be his already."""
        while not self.finished:
            try:
                self.done.acquire(timeout=_LOOK_UP_S)
            except BaseException:  # Another Ctrl-C. It was cancelled and is about to end.
                continue

    def result(self) -> T:
        if self.error is not None:
            try:
                raise self.error
            finally:
                self.error = None  # The traceback refers to this frame: no cycle.
        value: T = self.value
        return value


class _Workers:
    """One thread that works for the main thread, started when it is first needed."""

    def __init__(self) -> None:
        self._tasks: Optional[queue.SimpleQueue[_Task[Any]]] = None

    def tasks(self) -> queue.SimpleQueue[_Task[Any]]:
        tasks = self._tasks
        if tasks is None:
            tasks = queue.SimpleQueue()
            threading.Thread(target=self._work, args=(tasks,), name="luminate", daemon=True).start()
            self._tasks = tasks  # Not before: a signal may end the start of the thread, and then nobody would take any.
        return tasks

    def forget(self) -> None:
        """A forked child has the queue and not the thread."""
        self._tasks = None

    @staticmethod
    def _work(tasks: queue.SimpleQueue[_Task[Any]]) -> None:
        while True:
            tasks.get().run()


_workers = _Workers()
os.register_at_fork(after_in_child=_workers.forget)
