// A reporter of node --test: one line of JSON for each test and suite that has ended, innermost first.
export default async function* collect(events) {
  for await (const { type, data } of events) {
    if (type === 'test:pass' || type === 'test:fail') {
      const { file, line, nesting, name, details } = data;
      yield `${JSON.stringify({ file, line, nesting, name, suite: details.type === 'suite' })}\n`;
    }
  }
}
