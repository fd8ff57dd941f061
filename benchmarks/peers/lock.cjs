// Writes package-lock.json again without what names a host: npm puts who asks for money there, too.
const { readFileSync, writeFileSync } = require("node:fs");

const path = process.argv[2];
const lock = JSON.parse(readFileSync(path, "utf8"));
for (const entry of Object.values(lock.packages)) {
  delete entry.funding;
}
writeFileSync(path, JSON.stringify(lock, null, 2) + "\n");
