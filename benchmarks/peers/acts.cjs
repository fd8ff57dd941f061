// What the workers in Node run, and the journal of it; the counterpart of acts.py.
const { openSync, writeSync } = require("node:fs");
const { setTimeout: rest } = require("node:timers/promises");

const now = () => Number(process.hrtime.bigint()) / 1e9;

/** Appends to a file, which no fault reaches: one write for each line. */
function journal(path, life) {
  const descriptor = openSync(path, "a", 0o600);
  // A row that a hand has typed may have anything for a mark.
  return (what, mark) => writeSync(descriptor, JSON.stringify({ at: now(), life, what, mark: String(mark) }) + "\n");
}

function goWrong(act) {
  switch (act) {
    case "nul":
      throw new Error("a \u0000 byte");
    case "surrogate":
      throw new Error("half a character: \ud800");
    case "exit":
      return process.exit(3);
    case "cancelled":
      throw new DOMException("This operation was aborted", "AbortError");
    default:
      throw new Error("this job goes wrong");
  }
}

/** Does what the task says, between two lines in the journal; *signal* cuts a rest short. */
async function perform(task, write, signal) {
  if (task.act === "none") return;
  write("start", task.mark);
  if (task.act === "block") {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, task.seconds * 1000);
  } else if (task.act === "kill") {
    process.kill(process.pid, "SIGKILL");
  } else if (task.act === "rest") {
    await rest(task.seconds * 1000, undefined, { signal });
  } else {
    goWrong(task.act);
  }
  write("end", task.mark);
}

module.exports = { journal, now, perform };
