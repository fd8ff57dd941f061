// A client of graphile-worker: node client.cjs
const { makeWorkerUtils } = require("graphile-worker");
const { nothing, serve, sideBySide } = require("../talk.cjs");

const KIND = "act", TRIES = 3;
// So many rows of a call, which is one statement.
const BATCH = 5000;
const spec = { maxAttempts: TRIES };

async function main() {
  const utils = await makeWorkerUtils({ connectionString: process.env.DATABASE_URL, maxPoolSize: 10 });
  await serve({
    install: () => utils.migrate(),
    enqueue: async ({ tasks }) => {
      for (const task of tasks) await utils.addJob(KIND, task, spec);
    },
    bulk: async ({ count }) => {
      for (let first = 0; first < count; first += BATCH) {
        const length = Math.min(BATCH, count - first);
        await utils.addJobs(
          Array.from({ length }, (_, number) => ({ identifier: KIND, payload: nothing(first + number), ...spec })),
        );
      }
    },
    single: (ask) => sideBySide(ask, (number) => utils.addJob(KIND, nothing(number), spec)),
  });
  await utils.release();
}

main();
