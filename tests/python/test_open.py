"""Opening, options, closing, logging."""

import copy
import datetime
import logging
import pickle
import unittest

import luminate
from luminate import Query
from support import StoreTest, run_python


class Open(StoreTest):
    def test_takes_a_url_or_a_path_and_closes_behind_a_with_block(self):
        for url in (f"sqlite:{self.folder}/a.db", self.folder / "b.db"):
            with luminate.open(url) as store:
                store.write([("m", None, 1.5)]).raise_for_refused()
            with self.assertRaises(luminate.StoreClosed):
                store.metrics()
            with luminate.open(url) as store:
                self.assertEqual(store.metrics(), ["m"])
        self.assertTrue((self.folder / "b.db").exists())

    def test_says_what_is_wrong_with_a_url(self):
        with self.assertRaises(luminate.InvalidOption) as raised:
            luminate.open("oracle:there")
        self.assertEqual(
            (raised.exception.code, raised.exception.name), (luminate.Code.INVALID_OPTION, "INVALID_OPTION")
        )
        self.assertIsInstance(raised.exception, ValueError)
        with self.assertRaises(TypeError):
            luminate.open(5)

    def test_locks_out_a_second_writer_and_lets_readers_in(self):
        path = self.folder / "m.db"
        with luminate.open(path) as store:
            store.write([("m", None, 1.5)])
            with self.assertRaises(luminate.StorageLocked):
                luminate.open(path)
            with luminate.open(f"sqlite:{path}?mode=ro") as reader:
                self.assertEqual(reader.metrics(), ["m"])

    def test_is_not_a_store(self):
        (self.folder / "no.db").write_text("this is a text" * 1000)
        with self.assertRaises(luminate.StorageError):
            luminate.open(self.folder / "no.db")

    def test_gives_the_storage_back_when_nothing_refers_to_it(self):
        store = luminate.open(self.folder / "m.db")
        narrowed = store.tenant("acme")
        del store
        with self.assertRaises(luminate.StorageLocked):
            luminate.open(self.folder / "m.db")
        del narrowed
        luminate.open(self.folder / "m.db").close()

    def test_shows_no_password(self):
        from luminate.store import _without_password

        self.assertEqual(_without_password("postgresql://me:secret@host/db"), "postgresql://me:***@host/db")
        self.assertEqual(
            _without_password("postgresql://me@host/db?password=secret&a=b"), "postgresql://me@host/db?password=***&a=b"
        )
        self.assertEqual(_without_password("postgresql://h/db?sslpassword=secret"), "postgresql://h/db?sslpassword=***")
        self.assertEqual(_without_password("host=h password='my secret' user=u"), "host=h password=*** user=u")
        self.assertEqual(_without_password("sqlite:a:b@c.db"), "sqlite:a:b@c.db")
        self.assertEqual(repr(self.store.tenant("acme")), "<luminate.Store memory: of tenant 'acme'>")

    def test_cannot_be_sent_to_another_process(self):
        with self.assertRaisesRegex(TypeError, "open the store itself"):
            pickle.dumps(self.store)
        for handle in (luminate.Batch(), luminate.Call(), luminate.Validator(), self.store.stream(Query.range("m", last="1h"))):
            for send in (pickle.dumps, copy.deepcopy):
                with self.subTest(handle), self.assertRaisesRegex(TypeError, "has to make its own"):
                    send(handle)

    def test_takes_texts_and_calls_for_what_they_are(self):
        for use in (lambda: self.store.metrics(call=5), lambda: self.store.tenant(None), lambda: self.store.dimension_keys(7)):
            with self.assertRaises(TypeError):
                use()


class Options(StoreTest):
    def limited_to_two(self, *positional, **named):
        with luminate.open("memory:", *positional, **named) as store:
            store.write([("m", None, float(i), {"k": str(i)}) for i in range(5)]).raise_for_refused()
            return len(store.query(Query.range("m", last="1h")))

    def test_are_keys_sections_or_both(self):
        self.assertEqual(self.limited_to_two(), 5)
        self.assertEqual(self.limited_to_two({"query_limits.max_result_points": 2}), 2)
        self.assertEqual(self.limited_to_two({"query_limits": {"max_result_points": "2"}}), 2)
        self.assertEqual(self.limited_to_two(query_limits={"max_result_points": 2}), 2)
        self.assertEqual(self.limited_to_two(**{"query_limits.max_result_points": 2}), 2)

    def test_take_timedeltas_and_booleans(self):
        old = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=300)
        with luminate.open(
            "memory:", {"batch_write.max_age": datetime.timedelta(days=365), "storage.compaction": False}
        ) as store:
            self.assertEqual(store.write([("m", old, 1)]).accepted, 1)
        with self.assertRaises(TypeError):
            luminate.open("memory:", {"batch_write.max_age": object()})

    def test_name_the_nearest(self):
        with self.assertRaisesRegex(luminate.InvalidOption, "query_limits.max_result_points"):
            luminate.open("memory:", {"query_limits.max_result_pionts": 5})
        with self.assertRaises(luminate.InvalidOption):
            luminate.open("memory:", {"query_limits.max_result_points": "many"})

    def test_can_be_listed(self):
        options = luminate.options()
        self.assertEqual(options["batch_write.max_batch_size"].default, "10000")
        self.assertTrue(all(option.meaning for option in options.values()))
        with luminate.open("memory:", {key: option.default for key, option in options.items() if option.default}):
            pass


class Close(StoreTest):
    def test_ends_every_use_for_all_handles(self):
        self.write(("m", 1, 1.0))
        narrowed = self.store.tenant("acme")
        result = self.everything("m")
        narrowed.close()
        narrowed.close()
        self.store.close()
        uses = [
            lambda: self.store.write([("m", 1, 1.0)]),
            lambda: self.store.write([]),
            lambda: self.store.write_json('{"metrics": []}'),
            lambda: self.store.query(Query.range("m", last="1h")),
            lambda: self.store.stream(Query.range("m", last="1h")),
            lambda: self.store.metrics(),
            lambda: self.store.dimension_keys("m"),
            lambda: self.store.dimension_values("m", "k"),
            lambda: self.store.series_count(),
            lambda: self.store.cardinality(),
            lambda: self.store.tenants(),
            lambda: self.store.statistics(),
            lambda: self.store.remove("m"),
            lambda: self.store.set_retention("m", "1d"),
            lambda: self.store.retention(),
            lambda: self.store.remove_retention("m"),
            lambda: self.store.enforce_retention(),
            lambda: self.store.compact(),
            lambda: self.store.backup(self.folder / "b.db"),
            lambda: self.store.tenant("other").metrics(),
        ]
        for number, use in enumerate(uses):
            with self.subTest(number), self.assertRaises(luminate.StoreClosed):
                use()
        self.assertEqual(len(result), 0)  # Results live on.


class Log(StoreTest):
    def test_arrives_at_the_logger_of_the_package(self):
        path = self.folder / "m.db"
        with self.assertLogs("luminate", logging.DEBUG) as logs:
            import ctypes

            from luminate.options import _log_line

            text = ctypes.create_string_buffer("a line \u00e4".encode())
            _log_line(None, 3, ctypes.addressof(text), len(text) - 1)
            luminate.open(path).close()
        self.assertEqual((logs.records[0].levelno, logs.records[0].getMessage()), (logging.WARNING, "a line \u00e4"))

    def test_prints_nothing_that_nobody_asked_for(self):
        run = run_python("import luminate, sys; luminate.open(f'sqlite:{sys.argv[1]}/m.db').close()", self.folder)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))


if __name__ == "__main__":
    unittest.main()
