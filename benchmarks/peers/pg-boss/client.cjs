// A client of pg-boss: node client.cjs
const { nothing, serve, sideBySide } = require("../talk.cjs");
const { QUEUE, open, options } = require("./queue.cjs");

// So many rows of a call, which is one statement.
const BATCH = 5000;

async function main() {
  // It makes its schema when it starts, which the other clients then find.
  const boss = await open(false);
  await serve({
    install: () => boss.createQueue(QUEUE, options),
    enqueue: async ({ tasks }) => {
      for (const task of tasks) await boss.send(QUEUE, task);
    },
    bulk: async ({ count }) => {
      for (let first = 0; first < count; first += BATCH) {
        const length = Math.min(BATCH, count - first);
        await boss.insert(QUEUE, Array.from({ length }, (_, number) => ({ data: nothing(first + number) })));
      }
    },
    single: (ask) => sideBySide(ask, (number) => boss.send(QUEUE, nothing(number))),
  });
  await boss.stop({ graceful: false });
}

main();
