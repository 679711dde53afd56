"""Deadlines, cancellation, Ctrl-C, threads."""

import concurrent.futures
import os
import signal
import threading
import time
import unittest
import unittest.mock

import numpy as np

import luminate
from luminate import Batch, Call, Query
from luminate._call import interruptible
from support import HOUR, NOW, StoreTest, many, run_python

signal.signal(signal.SIGINT, signal.default_int_handler)  # Which programs in the background begin without.
EVER = (NOW - 1000 * HOUR, NOW + 1000 * HOUR)
SLOW = Query.aggregate(
    "load", [luminate.quantile(q / 100) for q in range(1, 20)], between=EVER, by="host", every="7ms", timeout="30s"
)


class Slow(StoreTest):
    """With a query that takes seconds, if it is left alone."""

    options = {
        "query_limits.max_query_memory_bytes": 1 << 32,
        "query_limits.max_result_rows": 100_000_000,
        "query_limits.max_query_threads": 1,
    }

    def setUp(self):
        super().setUp()
        many(self.store, 400_000, series=10)


class Deadlines(Slow):
    def test_end_a_query(self):
        begin = time.monotonic()
        for use in (
            lambda: self.store.query(SLOW, timeout=0.02),
            lambda: self.store.query(SLOW.timeout("20ms")),
            lambda: self.store.query(SLOW, call=Call(timeout="20ms")),
        ):
            with self.assertRaises(TimeoutError) as raised:
                use()
            self.assertIsInstance(raised.exception, luminate.QueryTimeout)
        self.assertLess(time.monotonic() - begin, 30)

    def test_are_those_of_a_call_or_of_a_timeout(self):
        with self.assertRaisesRegex(ValueError, "either"):
            self.store.query(SLOW, timeout=1, call=Call())
        for wrong in (-1, float("nan"), float("inf"), "soon", None.__class__):
            with self.assertRaises((ValueError, TypeError)):
                self.store.query(SLOW, timeout=wrong)


class Cancellation(Slow):
    def test_ends_a_query_from_another_thread(self):
        call = Call()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            future = pool.submit(self.store.query, SLOW, call=call)
            call.cancel()
            with self.assertRaises(luminate.Cancelled):
                future.result()
        self.assertTrue(call.cancelled)
        with self.assertRaises(luminate.Cancelled):
            self.store.query(SLOW, call=call)
        self.assertEqual(repr(call), "<luminate.Call cancelled>")

    def test_may_come_before_any_call(self):
        call = Call()
        call.cancel()
        for use in (
            lambda: self.store.query(SLOW, call=call),
            lambda: self.store.metrics(call=call),
            lambda: self.store.write([("m", NOW, 1.0)], call=call),
        ):
            with self.assertRaises(luminate.Cancelled):
                use()


class CtrlC(Slow):
    def test_ends_a_query_of_the_main_thread(self):
        run = run_python("""
            import os, queue, signal, threading
            import luminate
            from support import ANY_TIME, many
            from test_calls import SLOW, Slow
            signal.signal(signal.SIGINT, signal.default_int_handler)  # Programs in the background begin without.
            store = luminate.open("memory:", {**ANY_TIME, **Slow.options})
            many(store, 400_000, series=10)
            begun = threading.Event()
            ended = queue.Queue()
            real = luminate._ffi.lib.luminate_store_query
            def seen(*arguments):
                begun.set()
                status = real(*arguments)
                ended.put(status)
                return status
            luminate._ffi.lib.luminate_store_query = seen
            def press():
                begun.wait()
                os.kill(os.getpid(), signal.SIGINT)
            for _ in range(20):  # On a busy machine the query may be done before the key is pressed.
                begun.clear()
                presser = threading.Thread(target=press)
                presser.start()
                try:
                    store.query(SLOW)
                    presser.join()
                except KeyboardInterrupt:
                    pass
                presser.join()
                if ended.get(timeout=60) == luminate.Code.CANCELLED:
                    print("cancelled")
                    break
            print(len(store.query(luminate.Query.range("load", between=(1_800_000_000_000, 1_800_000_000_001)))))
        """)
        self.assertEqual((run.stdout.split(), run.stderr), (["cancelled", "10"], ""))

    def test_leaves_alone_what_has_not_begun(self):
        # The signal comes while the work of another call keeps the worker: the second call never runs.
        ran = []
        previous = signal.signal(signal.SIGUSR1, lambda number, frame: (_ for _ in ()).throw(InterruptedError("now")))
        self.addCleanup(signal.signal, signal.SIGUSR1, previous)
        gate = threading.Event()
        self.addCleanup(gate.set)  # Whatever happens: those that come after need the worker.
        from luminate._call import _Task, _workers

        blocker = _Task(gate.wait)
        _workers.tasks().put(blocker)
        call = Call()

        def press():
            while not blocker.claim.locked() or _workers.tasks().empty():  # Until the call waits behind the blocker.
                time.sleep(0.001)
            os.kill(os.getpid(), signal.SIGUSR1)

        with self.assertRaises(InterruptedError):
            threading.Thread(target=press).start()
            interruptible(lambda: ran.append(1), call)
        gate.set()
        self.assertEqual(interruptible(lambda: "next", Call()), "next")
        self.assertEqual((ran, call.cancelled), ([], True))

    def test_may_come_at_the_very_moment_in_which_the_work_is_done(self):
        from luminate import _call

        class Interrupted(_call._Task):
            """Whose end is noticed, and in the same moment there is a signal."""

            def __init__(self, work):
                super().__init__(work)
                self.done = Lock()

        class Lock:
            def __init__(self):
                self.real = threading.Lock()
                self.real.acquire()
                self.release, self.pressed = self.real.release, False

            def acquire(self, timeout):
                if not self.real.acquire(timeout=timeout):
                    return False
                if not self.pressed:
                    self.pressed = True
                    raise KeyboardInterrupt
                return True

        task, _call._Task = _call._Task, Interrupted
        try:
            with self.assertRaises(KeyboardInterrupt):
                interruptible(lambda: "done", Call())
        finally:
            _call._Task = task

    def test_may_come_while_the_helper_thread_starts(self):
        from luminate._call import _Task, _Workers

        workers = _Workers()
        with unittest.mock.patch.object(threading.Thread, "start", side_effect=KeyboardInterrupt):
            with self.assertRaises(KeyboardInterrupt):
                workers.tasks()
        task = _Task(lambda: "done")
        workers.tasks().put(task)
        self.assertTrue(task.done.acquire(timeout=30))
        self.assertEqual(task.result(), "done")

    def test_handlers_run_while_the_library_works(self):
        seen = []
        previous = signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(threading.current_thread()))
        self.addCleanup(signal.signal, signal.SIGUSR1, previous)

        def work():
            os.kill(os.getpid(), signal.SIGUSR1)
            while not seen:  # The main thread waits in Python, and so has the time for it.
                time.sleep(0.001)
            return "done"

        self.assertEqual(interruptible(work, Call()), "done")
        self.assertIs(seen[0], threading.main_thread())

    def test_errors_arrive_as_they_were_raised(self):
        with self.assertRaises(ZeroDivisionError):
            interruptible(lambda: 1 // 0, Call())


class Threads(StoreTest):
    def test_write_and_query_at_once(self):
        with luminate.open(
            self.folder / "m.db", {"batch_write.max_age": "36500d", "batch_write.max_future": "36500d"}
        ) as store:

            def write(number):
                for begin in range(0, 1000, 100):
                    batch = Batch()
                    batch.append(
                        batch.series("m", worker=number), NOW + np.arange(begin, begin + 100), np.full(100, number)
                    )
                    store.write(batch).raise_for_refused()

            def read(number):
                for _ in range(20):
                    result = store.query(Query.range("m", between=(NOW, NOW + HOUR)))
                    for worker, value in zip(result["worker"] if "worker" in result else [], result["value"]):
                        assert worker == str(int(value))

            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                for future in [pool.submit(work, number) for number in range(4) for work in (write, read)]:
                    future.result()
            result = store.query(Query.aggregate("m", "count", by="worker", between=(NOW, NOW + HOUR)))
            self.assertEqual(result["count"].tolist(), [1000] * 4)

    def test_may_share_a_batch_and_a_stream(self):
        batch = Batch()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:

            def add(number):
                for i in range(500):
                    batch.append(batch.series("m", worker=number), NOW + np.arange(i, i + 1), np.ones(1))
                    if i % 100 == 0:
                        self.store.write(batch)

            for future in [pool.submit(add, number) for number in range(4)]:
                future.result()
            self.assertEqual((len(batch), self.store.write(batch).accepted), (2000, 2000))
            many(self.store, 50_000, series=1)
            with self.store.stream(Query.range("load", between=EVER)) as stream:
                counts = list(pool.map(lambda _: sum(len(piece) for piece in stream), range(4)))
            self.assertEqual(sum(counts), 50_000)

    def test_use_two_stores_at_once(self):
        with luminate.open(self.folder / "a.db") as a, luminate.open(self.folder / "b.db") as b:

            def fill(store, name):
                for i in range(20):
                    store.write([(name, None, 1.0, {"k": str(i)})]).raise_for_refused()

            threads = [threading.Thread(target=fill, args=pair) for pair in ((a, "a"), (b, "b"))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual((a.metrics(), b.metrics(), a.series_count(), b.series_count()), (["a"], ["b"], 20, 20))

    def test_go_on_while_a_query_runs(self):
        many(self.store, 400_000, series=10)
        call, turns = Call(timeout=20), 0
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            future = pool.submit(self.store.query, SLOW, call=call)
            while turns < 1000 and not future.done():
                turns += 1
                time.sleep(0)  # Python has its turn: the GIL is free.
            call.cancel()
            with self.assertRaises(luminate.LuminateError):
                future.result()
        self.assertEqual(turns, 1000)

    def test_close_while_others_use_the_store(self):
        stop = threading.Event()

        def use():
            try:
                while not stop.is_set():
                    self.store.write([("m", NOW, 1.0)])
                    self.store.metrics()
            except luminate.StoreClosed:
                return "closed"

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(use) for _ in range(4)]
            while not self.store.metrics():
                pass
            self.store.close()
            self.assertEqual([future.result(timeout=30) for future in futures], ["closed"] * 4)
            stop.set()


if __name__ == "__main__":
    unittest.main()
