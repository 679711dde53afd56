// DuckDB as a library, for bench/peers; one JSON object on standard output.
//
//     node duckdb_client.mjs MODULES version
//     node duckdb_client.mjs MODULES load DATABASE CSV
//     node duckdb_client.mjs MODULES ask DATABASE QUESTION_FILE REPEAT ANSWER_FILE
//     node duckdb_client.mjs MODULES points DATABASE COUNT
//
// MODULES is the folder with node_modules. A time is that of DuckDB alone: what node makes of an answer is not counted.
import {readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {performance} from 'node:perf_hooks';

const [modules, what, database, ...rest] = process.argv.slice(2);
const duckdb = createRequire(modules + '/')('@duckdb/node-api');

const cpuSeconds = () => {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1e6;
};
const peakMemory = () => Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;

async function measure(work) {
  const cpu = cpuSeconds();
  const start = performance.now();
  const result = await work();
  return {seconds: (performance.now() - start) / 1000, cpu_seconds: cpuSeconds() - cpu, result};
}

async function open() {
  const instance = await duckdb.DuckDBInstance.create(database);
  return instance.connect();
}

const TABLE = `CREATE TABLE IF NOT EXISTS api_latency (ts BIGINT, value DOUBLE, customer_id VARCHAR, endpoint VARCHAR,
  region VARCHAR, method VARCHAR, host VARCHAR)`;

async function load(csv) {
  const connection = await open();
  await connection.run(TABLE);
  const {seconds, cpu_seconds} = await measure(() => connection.run(`COPY api_latency FROM '${csv}' (HEADER false)`));
  const peak_memory_bytes = peakMemory();
  await connection.run('CHECKPOINT');
  return {seconds, server_cpu_seconds: cpu_seconds, peak_memory_bytes};
}

async function ask(questionFile, repeat, answerFile) {
  const question = readFileSync(questionFile, 'utf8');
  const opening = await measure(open);
  const seconds = [];
  const cpuBefore = cpuSeconds();
  let result;
  for (let total = 0; seconds.length < Number(repeat) || total < 0.3; total += seconds.at(-1)) {
    const one = await measure(() => opening.result.run(question));
    seconds.push(one.seconds);
    result = one.result;
  }
  const measured = {
    open_seconds: opening.seconds, first_seconds: seconds[0], cpu_seconds: (cpuSeconds() - cpuBefore) / seconds.length,
    times: seconds.length, peak_memory_bytes: peakMemory(),
  };
  measured.median_seconds = seconds.sort((a, b) => a - b)[Math.floor(seconds.length / 2)];
  writeFileSync(answerFile, JSON.stringify(await result.getRowsJson()));
  return measured;
}

async function points(count) {
  const connection = await open();
  await connection.run(TABLE);
  const insert =
    await connection.prepare("INSERT INTO api_latency VALUES ($1, 12.5, 'c1', '/login', 'eu', 'GET', 'h1')");
  const seconds = [];
  for (let i = 0; i < Number(count); ++i) {
    insert.bindBigInt(1, BigInt(i));
    seconds.push((await measure(() => insert.run())).seconds);
  }
  return {seconds};
}

const work = {version: async () => ({version: duckdb.version()}), load, ask, points};
console.log(JSON.stringify(await work[what](...rest)));
process.exit(0);
