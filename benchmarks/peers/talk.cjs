// How a client in Node is talked to; the counterpart of talk.py.
const { createInterface } = require("node:readline");
const { now } = require("./acts.cjs");

/** Does what is asked for, by its name in *ways*, until stdin ends. */
async function serve(ways) {
  for await (const line of createInterface({ input: process.stdin })) {
    const ask = JSON.parse(line);
    const began = now();
    await ways[ask.do](ask);
    console.log(JSON.stringify({ began, seconds: now() - began }));
  }
}

/** Calls *add* with each number below the count, so many of them at once. */
async function sideBySide(ask, add) {
  let next = 0;
  const oneAfterAnother = async () => {
    while (next < ask.count) await add(next++);
  };
  await Promise.all(Array.from({ length: ask.at_once ?? 1 }, oneAfterAnother));
}

const nothing = (number) => ({ mark: String(number), act: "none", seconds: 0 });

module.exports = { nothing, serve, sideBySide };
