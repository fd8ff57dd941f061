// A worker of pg-boss: node worker.cjs ORDER
const { journal, perform } = require("../acts.cjs");
const { QUEUE, open } = require("./queue.cjs");

const order = JSON.parse(process.argv[2]);
const write = journal(order.journal, order.life);

// A batch ends as one; so jobs that may take long, or go wrong, come one by one.
const polling = { pollingIntervalSeconds: 0.5 };
const working = order.throughput
  ? { ...polling, batchSize: order.slots, burstWhenBatchFull: true }
  : { ...polling, batchSize: 1, localConcurrency: order.slots };

async function main() {
  const boss = await open(true);
  process.once("SIGTERM", async () => {
    await boss.stop({ graceful: true, timeout: order.stop * 600 });
    process.exit(0);
  });
  await boss.work(QUEUE, working, (jobs) => Promise.all(jobs.map((job) => perform(job.data, write, job.signal))));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
