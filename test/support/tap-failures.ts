// The failed tests of a TAP report by Node's test runner, each with where it stands and why.

const linesMax = 24

/**
 * Every failed test that has no failed test within it. A YAML block follows a "not ok" line; of its
 * fields what a reader needs is kept: location, error, expected, actual, the top of the stack.
 */
export function failuresIn(tap: string): string[] {
  const lines = tap.split('\n')
  const out: string[] = []
  for (const [index, line] of lines.entries()) {
    const match = /^( *)not ok \d+ - (.*)$/.exec(line)
    if (match === null || / # [A-Z]+/.test(line)) continue
    const [, indent = '', name = ''] = match
    const block = yamlBlock(lines, index + 1, indent)
    if (block.some(each => each.includes("failureType: 'subtestsFailed'"))) continue
    const kept = block.filter(each => !/^\s*(duration_ms|type|code|name|failureType):/.test(each))
    out.push([name, ...kept.slice(0, linesMax).map(each => `  ${each}`)].join('\n'))
  }
  return out
}

/** The lines between `---` and `...` after a result, without its indentation. */
function yamlBlock(lines: readonly string[], from: number, indent: string): string[] {
  if (lines[from]?.trim() !== '---') return []
  const block: string[] = []
  for (let at = from + 1; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (line.trim() === '...') break
    block.push(line.slice(indent.length + 2))
  }
  return block
}
