// Writes where each test of a Mocha run is declared: the frames of the call, nearest first, to the file COLLECTED.
const { writeFileSync } = require('node:fs');

Error.stackTraceLimit = 50;
const Suite = require(require.resolve('mocha/lib/suite', { paths: [process.cwd()] }));
const addTest = Suite.prototype.addTest;
const found = [];

Suite.prototype.addTest = function (test) {
  found.push(new Error(test.title).stack.split('\n').filter((line) => line.startsWith('    at ')));
  return addTest.call(this, test);
};

process.on('exit', () => writeFileSync(process.env.COLLECTED, JSON.stringify(found)));
