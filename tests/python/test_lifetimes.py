"""What happens after close, after fork, in the wrong order, at the end of the interpreter; and whether anything leaks."""

import ctypes
import gc
import logging
import os
import resource
import threading
import unittest

import luminate
from luminate import Batch, Call, Query, _ffi
from luminate.options import _log_line
from support import NOW, SANITIZED, StoreTest, many, run_python


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


class Order(StoreTest):
    def test_of_ends_is_any(self):
        for order in range(24):
            store = luminate.open("memory:")
            store.write([("m", None, 1.0, {"k": "a"})])
            things = [
                store,
                store.tenant("t"),
                store.query(Query.range("m", last="1m")),
                store.stream(Query.range("m", last="1m")),
            ]
            del store
            while things:
                del things[order % len(things)]
                gc.collect()

    def test_in_a_cycle_is_found_by_the_collector(self):
        store = luminate.open(self.folder / "m.db")
        cycle = [store, store.tenant("t"), store.stream(Query.range("m", last="1m"))]
        cycle.append(cycle)
        del store, cycle
        gc.collect()
        luminate.open(self.folder / "m.db").close()

    def test_of_a_store_may_come_while_it_logs(self):
        # As when the collector runs in the handler of a log, in a thread of that very store.
        ended_by = []

        class Handler(logging.Handler):
            def emit(self, record):
                nonlocal store
                real = _ffi.lib.luminate_store_destroy
                store._handle._destroy = lambda pointer: _ffi._store_destroyed(
                    pointer, lambda given: (ended_by.append(threading.current_thread()), real(given))
                )
                store = None
                gc.collect()

        store, text = luminate.open(self.folder / "m.db"), ctypes.create_string_buffer(b"a line")
        handler, log = Handler(), logging.getLogger("luminate")
        log.addHandler(handler)
        try:
            _log_line(None, 4, ctypes.addressof(text), 6)
        finally:
            log.removeHandler(handler)
        for thread in threading.enumerate():
            if thread.name == "luminate-end":
                thread.join()
        self.assertEqual([thread.name for thread in ended_by], ["luminate-end"])
        luminate.open(self.folder / "m.db").close()

    def test_what_was_never_made_can_end(self):
        for kind in (luminate.Store, luminate.Result, luminate.Stream, Batch, Call, luminate.Validator):
            kind.__new__(kind)
        with self.assertRaises(luminate.LuminateError):
            luminate.open("nothing:")


class Interpreter(StoreTest):
    def ends(self, code, *arguments):
        run = run_python(code, *arguments)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        return run.stdout

    def test_end_closes_what_is_open(self):
        path = self.folder / "m.db"
        self.ends(
            """
            import luminate, sys
            store = luminate.open(f"sqlite:{sys.argv[1]}")
            store.write([("m", None, 1.0)])
            sys.store = store
            tenant, batch, call = store.tenant("t"), luminate.Batch(), luminate.Call()
            result, stream = store.query(luminate.Query.range("m", last="1m")), store.stream(luminate.Query.range("m", last="1m"))
            view = result["value"]
            class Late:
                def __del__(self):
                    try:
                        self.store.metrics()
                    except Exception as error:
                        print(type(error).__name__)
            late = Late(); late.store = store; late.self = late
        """,
            path,
        )
        with luminate.open(path) as store:
            self.assertEqual(store.metrics(), ["m"])

    def test_end_comes_while_threads_work(self):
        self.ends("""
            import luminate, threading
            store = luminate.open("memory:")
            store.write([("m", None, 1.0)])
            started = threading.Event()
            def work():
                while True:
                    try:
                        store.query(luminate.Query.range("m", last="1m"))
                    except luminate.StoreClosed:
                        return
                    started.set()
            for _ in range(4):
                threading.Thread(target=work, daemon=True).start()
            started.wait()
        """)

    def test_end_comes_while_it_logs(self):
        self.ends(
            """
            import logging, luminate, sys
            logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
            store = luminate.open(f"sqlite:{sys.argv[1]}/m.db")
            store.write([("m", None, 1.0)])
        """,
            self.folder,
        )


class Fork(StoreTest):
    def in_child(self, work):
        """What `work` returns in a forked child, as text."""
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(write, str(work()).encode())
            except BaseException as error:
                os.write(write, f"{type(error).__name__}: {error}".encode())
            finally:
                os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            told = pipe.read()
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        return told

    def test_lets_the_child_know_that_it_has_to_open_the_store_itself(self):
        path = self.folder / "m.db"
        with luminate.open(path) as store:
            store.write([("m", NOW, 1.0)])
            told = self.in_child(store.metrics)
            self.assertIn("StoreClosed", told)
            self.assertIn("fork", told)
            for use in (lambda: store.write([("m", None, 1.0)]), store.tenant("t").health, store.compact):
                self.assertIn("StoreClosed", self.in_child(use))
            store.write([("m", None, 1.0)])  # The parent's store is as it was.
            self.assertEqual(store.metrics(), ["m"])
            copy = self.folder / "copy.db"
            store.backup(copy)
        self.assertEqual(self.in_child(lambda: luminate.open(copy).metrics()), "['m']")
        self.assertEqual(self.in_child(lambda: luminate.open(path).metrics()), "['m']")

    def test_child_can_drop_what_it_has(self):
        store, result = luminate.open(self.folder / "m.db"), self.everything("m")

        def drop():
            nonlocal store, result
            del store, result
            gc.collect()
            return "dropped"

        self.assertEqual(self.in_child(drop), "dropped")
        store.write([("m", None, 1.0)])
        store.close()

    def test_worker_of_the_main_thread_is_made_anew(self):
        self.store.metrics()
        path = self.folder / "m.db"

        def work():
            with luminate.open(path) as store:
                store.write([("m", None, 1.0)])
                return store.metrics()

        self.assertEqual(self.in_child(work), "['m']")


@unittest.skipIf(SANITIZED, "a sanitizer keeps memory that was freed")
class Leaks(StoreTest):
    def grows(self, work, times):
        """By how many bytes a time the process grows, when `work` is done often."""
        for _ in range(times // 4):
            work()
        gc.collect()
        before = resident()
        for _ in range(times):
            work()
        gc.collect()
        return (resident() - before) / times

    def test_results_are_given_back(self):
        many(self.store, 20_000, series=10)
        query = Query.range("load", between=(NOW, NOW + 10**12))

        def work():
            result = self.store.query(query)
            (
                result["value"],
                result["host"].codes,
                result.__arrow_c_stream__(),
                result.to_json() if len(result) < 10 else None,
            )

        self.assertLess(self.grows(work, 200), 20_000 * 20 / 20)  # A twentieth of a result.

    def test_small_things_are_given_back(self):
        store = self.store
        store.write([("m", NOW, 1.0)])

        def work():
            batch = Batch([("m", NOW, 1.0, {"k": "v"}), ("bad name", NOW, 1.0)])
            list(store.write(batch).refused)
            store.tenant("t")
            Call(timeout=1).cancel()
            list(store.stream(Query.range("m", between=(NOW, NOW + 1))))
            try:
                store.query(Query.range("m"))
            except luminate.InvalidQuery:
                pass

        self.assertLess(self.grows(work, 2000), 200)

    def test_stores_are_given_back(self):
        def work():
            with luminate.open("memory:") as store:
                store.write([("m", None, 1.0)])

        threads = len(os.listdir("/proc/self/task"))
        self.assertLess(self.grows(work, 200), 20_000)
        self.assertLessEqual(len(os.listdir("/proc/self/task")), threads + 1)  # The worker of the main thread.


if __name__ == "__main__":
    unittest.main()
