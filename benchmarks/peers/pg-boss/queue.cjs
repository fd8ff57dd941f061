// The queue of pg-boss, as its clients and workers know it.
const { PgBoss } = require("pg-boss");

const QUEUE = "peers", TRIES = 3;
// The least it takes.
const HEARTBEAT = 10;

/** Starts an instance, which runs the maintenance only when it *supervises*. */
async function open(supervises) {
  const boss = new PgBoss({
    connectionString: process.env.DATABASE_URL,
    max: 10,
    supervise: supervises,
    schedule: false,
    useListenNotify: true,
    monitorIntervalSeconds: HEARTBEAT,
    superviseIntervalSeconds: HEARTBEAT,
  });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  return boss;
}

const options = { retryLimit: TRIES - 1, retryDelay: 1, heartbeatSeconds: HEARTBEAT, notify: true };

module.exports = { QUEUE, open, options };
