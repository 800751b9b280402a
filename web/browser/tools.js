// An MCP server over stdin and stdout with one tool, for the tests of calls and leave.
import { createInterface } from 'node:readline'

const tool = { name: 'weather', description: 'The weather in a town, now.', inputSchema: { type: 'object', properties: { town: { type: 'string' } } } }

const answers = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'town', version: '1' } }),
  'tools/list': () => ({ tools: [tool] }),
  'tools/call': ({ arguments: { town } }) => ({ content: [{ type: 'text', text: `light rain in ${town}` }] }),
  ping: () => ({}),
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined) return
  const answer = answers[method]
  const said = answer ? { result: answer(params ?? {}) } : { error: { code: -32601, message: `no method ${method}` } }
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...said }) + '\n')
})
