import { createServer } from 'node:http'

const SAMPLE = `A millrace is the narrow channel that brings fast water to a mill wheel.

**Two rules** decide everything here:

1. *Nothing that is ready waits.* An event is on its way the moment it exists.
2. *Nothing that was seen is lost.* Not even when the server dies in mid-sentence.

| Reader | Comes back with | Gets |
|---|---|---|
| browser | \`?after=4\` | what it missed, each event once |
| curl | \`Last-Event-ID: 4\` | the same |

\`\`\`java
try (Millrace server = Millrace.with("greeter", turn -> turn.say("Hello")).start()) {
    System.out.println(server.uri());
}
\`\`\`

The journal has an **offset** for each event, so a reader that was away says where it stopped.`

/**
 * A model for the tests, which speaks as OpenAI's chat completions do. What the last message says decides what it answers:
 * "think" reasons first, "weather" calls a tool, "slow N" says N words with pauses, "fail" fails; else the sample.
 */
export async function startModel() {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { messages, tools = [], model } = JSON.parse(body)
    const last = messages.at(-1)
    const asked = messages.findLast((message) => message.role === 'user')
    const text = typeof asked.content === 'string' ? asked.content : asked.content.map((part) => part.text ?? '').join('')
    if (/^fail/.test(text)) {
      response.writeHead(401, { 'Content-Type': 'application/json' }).end('{"error":{"message":"this key may not use the model"}}')
      return
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    const chunk = (delta, finish = null) =>
      response.write(`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`)
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    const say = async (words, ms) => {
      for (const word of words) {
        if (response.destroyed) return
        chunk({ content: word })
        if (ms) await pause(ms)
      }
    }
    let finish = 'stop'
    if (/think/.test(text) && last.role === 'user') {
      for (const word of 'The question is about water. Start with the wheel, then the channel.'.split(/(?<= )/)) {
        chunk({ reasoning_content: word })
        await pause(5)
      }
    }
    const slow = /slow (\d+)(?: every (\d+))?/.exec(text)
    if (/weather/.test(text) && last.role === 'user' && tools.length > 0) {
      const name = tools.map((tool) => tool.function.name).find((tool) => /weather/.test(tool)) ?? tools[0].function.name
      chunk({ tool_calls: [{ index: 0, id: `call_${Date.now()}`, type: 'function', function: { name, arguments: '' } }] })
      for (const piece of ['{"town"', ':"Mühl', 'heim"}']) chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] })
      finish = 'tool_calls'
    } else if (last.role === 'tool') {
      await say('The tool has answered, and so do I: light rain, and the wheel turns well.'.split(/(?<= )/), 5)
    } else if (slow) {
      await say(Array.from({ length: Number(slow[1]) }, (_, i) => `word${i + 1} `), Number(slow[2] ?? 50))
    } else {
      await say(SAMPLE.split(/(?<=\s)/), 2)
    }
    chunk({}, finish)
    response.write(`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model, choices: [], usage: { prompt_tokens: 412, completion_tokens: 187, total_tokens: 599 } })}\n\n`)
    response.end('data: [DONE]\n\n')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
