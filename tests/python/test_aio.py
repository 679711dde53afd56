"""Stores for asyncio."""

import asyncio
import inspect
import time
import unittest

import luminate
from luminate import Query, aio
from support import ANY_TIME, NOW, many
from test_calls import EVER, SLOW, Slow


class Async(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.store = await aio.open(
            "memory:", {**ANY_TIME, **Slow.options, "query_limits.max_result_points": 1_000_000}
        )
        self.addAsyncCleanup(self.store.close)

    async def test_does_what_a_store_does(self):
        store = self.store
        report = await store.write([("m", NOW, 1.5, {"k": "a"}), ("m", NOW + 1, 2.5, {"k": "b"})])
        self.assertEqual(report.accepted, 2)
        await store.write_json('{"metrics": [{"name": "n", "value": 1}]}')
        await store.write_frame({"t": [NOW], "v": [1.0]}, metric="f", time="t", value="v")
        result = await store.query(Query.aggregate("m", "sum", between=EVER), timeout=5)
        self.assertEqual(result["sum"].tolist(), [4.0])
        self.assertEqual(await store.metrics(prefix="m"), ["m"])
        self.assertEqual(await store.dimension_keys("m"), ["k"])
        self.assertEqual(await store.dimension_values("m", "k"), ["a", "b"])
        self.assertEqual(await store.series_count("m"), 2)
        self.assertEqual((await store.cardinality("m", limit=1))["metric"][0], "m")
        self.assertEqual(len(await store.tenants()), 1)
        self.assertTrue((await store.health())["healthy"])
        self.assertEqual((await store.statistics())["metrics"], 3)
        await store.set_retention("x*", "1d")
        self.assertEqual(list(await store.retention()), ["x*"])
        self.assertTrue(await store.remove_retention("x*"))
        self.assertEqual(await store.enforce_retention(), 0)
        await store.compact()
        self.assertEqual(await store.remove("m", dry_run=True), 2)
        self.assertEqual(await store.tenant("acme").metrics(), [])
        with self.assertRaises(luminate.InvalidRequest):
            await store.backup("/nowhere/at/all.db")
        with self.assertRaises(luminate.InvalidQuery):
            await store.query(Query.range("m"))

    async def test_has_every_function_of_a_store(self):
        public = {name for name in vars(luminate.Store) if not name.startswith("_")}
        self.assertEqual(public - set(vars(aio.AsyncStore)), set())
        for name in public:
            theirs, ours = (
                inspect.signature(getattr(kind, name)).parameters for kind in (luminate.Store, aio.AsyncStore)
            )
            self.assertEqual([key for key in theirs if key != "call"], list(ours), name)

    async def test_streams(self):
        await asyncio.to_thread(many, self.store.store, 50_000, 1)
        count = 0
        async for piece in self.store.stream(Query.range("load", between=EVER)):
            count += len(piece)
        self.assertEqual(count, 50_000)
        async for piece in self.store.stream(Query.range("load", between=EVER)):
            break

    async def test_runs_calls_at_once_while_the_loop_goes_on(self):
        await asyncio.to_thread(many, self.store.store, 400_000, 10)
        other = await aio.open("memory:")  # In memory, a store lets one in at a time.
        self.addAsyncCleanup(other.close)
        slow = asyncio.create_task(self.store.query(SLOW))
        for _ in range(10):
            await asyncio.sleep(0)
            await other.metrics()
        self.assertFalse(slow.done())
        begin = time.monotonic()
        slow.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await slow
        await self.store.close()  # Waits for what is under way: it was cancelled too.
        self.assertLess(time.monotonic() - begin, 30)
        with self.assertRaises(luminate.StoreClosed):
            await self.store.metrics()

    async def test_timeouts_cancel(self):
        await asyncio.to_thread(many, self.store.store, 400_000, 10)
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(self.store.query(SLOW), 0.05)
        with self.assertRaises(luminate.QueryTimeout):
            await self.store.query(SLOW, timeout=0.05)

    async def test_is_a_context_manager(self):
        async with await aio.open("memory:", threads=1) as store:
            await asyncio.gather(*(store.write([("m", None, float(i), {"k": str(i)})]) for i in range(20)))
            self.assertEqual(await store.series_count(), 20)
            self.assertIn("memory:", repr(store))
        with self.assertRaises(luminate.StoreClosed):
            await store.metrics()
        with self.assertRaises(luminate.InvalidOption):
            await aio.open("nothing:")


if __name__ == "__main__":
    unittest.main()
