/**
 * A queue of PostgreSQL, worked off by one process. `queues.mjs ENGINE URL JOBS AT_ONCE BATCH`: prepares
 * the jobs, says "ready", waits for a line, works until all jobs are done, and prints what it took. With a
 * BATCH of 1 each job is fetched and completed by itself; with more, as the queue's documentation advises
 * for speed.
 */

import { createInterface } from "node:readline";

const [, , engine, url, ...numbers] = process.argv;
const [jobs, atOnce, batch] = numbers.map(Number);
const QUEUE = "work";

/** pg-boss: each worker fetches jobs and completes them, as a client that claims does. */
async function pgBoss() {
  const { default: PgBoss } = await import("pg-boss");
  const boss = new PgBoss({ connectionString: url, max: atOnce, supervise: false, schedule: false });
  boss.on("error", (error) => { throw error; });
  await boss.start();
  await boss.createQueue(QUEUE);
  for (let at = 0; at < jobs; at += 1_000) {
    const many = Array.from({ length: Math.min(1_000, jobs - at) }, (_, place) => ({ name: QUEUE, data: { place: at + place } }));
    await boss.insert(many);
  }
  return async () => {
    let done = 0;
    const worker = async () => {
      for (;;) {
        const fetched = await boss.fetch(QUEUE, { batchSize: batch });
        if (fetched.length === 0) return;
        await boss.complete(QUEUE, fetched.map((job) => job.id));
        done += fetched.length;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    return done;
  };
}

/** graphile-worker, as its users run it: it fetches and completes in its own loop. */
async function graphileWorker() {
  const { Logger, run, makeWorkerUtils } = await import("graphile-worker");
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  await utils.migrate();
  await utils.withPgClient((client) => client.query("select graphile_worker.add_job($1, json_build_object('place', n)) from generate_series(1, $2::int) n", [QUEUE, jobs]));
  const batching = batch > 1 ? { localQueue: { size: batch }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } : {};
  return async () => {
    let done = 0;
    let end;
    const ended = new Promise((resolve) => { end = resolve; });
    const runner = await run({
      preset: { worker: { connectionString: url, concurrentJobs: atOnce, maxPoolSize: atOnce + 1, pollInterval: 100, ...batching } },
      logger,
      noHandleSignals: true,
      taskList: { [QUEUE]: () => { done += 1; if (done === jobs) end(); } },
    });
    await ended;
    await runner.stop();
    return done;
  };
}

const prepare = { "pg-boss": pgBoss, "graphile-worker": graphileWorker }[engine];
const work = await prepare();
console.log("ready");
for await (const _line of createInterface(process.stdin)) break;
const [cpuBefore, began] = [process.cpuUsage(), performance.now()];
const done = await work();
const { user, system } = process.cpuUsage(cpuBefore);
console.log(JSON.stringify({ done, seconds: (performance.now() - began) / 1e3, processor_seconds: (user + system) / 1e6 }));
process.exit(0);
