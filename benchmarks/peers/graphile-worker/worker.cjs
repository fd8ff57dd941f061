// A worker of graphile-worker: node worker.cjs ORDER
const { run } = require("graphile-worker");
const { journal, perform } = require("../acts.cjs");

const order = JSON.parse(process.argv[2]);
const write = journal(order.journal, order.life);
const slots = order.slots;

// For many small jobs, what its page on performance says; else each job is locked when it begins, and no sooner.
const batching = order.throughput
  ? { localQueue: { size: Math.max(500, slots * 20) }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
  : {};

run({
  taskList: { act: (task, helpers) => perform(task, write, helpers.abortSignal) },
  preset: {
    worker: {
      connectionString: process.env.DATABASE_URL,
      concurrentJobs: slots,
      maxPoolSize: Math.min(Math.max(10, slots + 2), 40),
      pollInterval: 1000,
      gracefulShutdownAbortTimeout: order.stop * 600,
      ...batching,
    },
  },
}).then(
  (runner) => runner.promise,
).catch((error) => {
  console.error(error);
  process.exit(1);
});
