import { problemOf } from '../api/http'
import type { StreamEvent, Task } from '../api/types'

// A2A v1.0 over JSON-RPC, as any client would speak it.

export interface Card {
  name: string
  description: string
  version: string
  provider?: { organization?: string; url?: string }
  capabilities?: { streaming?: boolean; pushNotifications?: boolean; extensions?: { uri: string; description?: string }[] }
  skills?: { id: string; name: string; description?: string; tags?: string[]; examples?: string[] }[]
  defaultInputModes?: string[]
  defaultOutputModes?: string[]
  supportedInterfaces?: { url: string; protocolBinding: string; protocolVersion?: string }[]
  signatures?: unknown[]
}

const HEADERS = { 'Content-Type': 'application/json', 'A2A-Version': '1.0' }
const at = (agent: string) => `/a2a/${encodeURIComponent(agent)}`

export async function card(agent: string): Promise<Card> {
  const response = await fetch(`${at(agent)}/.well-known/agent-card.json`)
  if (!response.ok) throw await problemOf(response)
  return (await response.json()) as Card
}

interface Answer<T> {
  result?: T
  error?: { message: string }
}

async function call(agent: string, method: string, params: object, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(at(agent), {
    method: 'POST',
    headers: HEADERS,
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal,
  })
  if (!response.ok) throw await problemOf(response)
  return response
}

export async function listTasks(agent: string): Promise<{ tasks: Task[]; totalSize: number }> {
  const answer = (await (await call(agent, 'ListTasks', { pageSize: 50, historyLength: 1 })).json()) as Answer<{ tasks: Task[]; totalSize: number }>
  if (!answer.result) throw new Error(answer.error?.message ?? 'no answer')
  return answer.result
}

export async function cancelTask(agent: string, id: string): Promise<void> {
  const answer = (await (await call(agent, 'CancelTask', { id })).json()) as Answer<Task>
  if (answer.error) throw new Error(answer.error.message)
}

/** Sends a message and hears what comes of it, until the stream ends. */
export async function sendStreaming(agent: string, text: string, hear: (event: StreamEvent) => void, signal: AbortSignal): Promise<void> {
  const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text }] }
  const response = await call(agent, 'SendStreamingMessage', { message }, signal)
  if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
    throw new Error(((await response.json()) as Answer<never>).error?.message ?? 'no stream')
  }
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    const events = (rest + value).split('\n\n')
    rest = events.pop()!
    for (const event of events) {
      const data = event.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5)).join('\n')
      if (!data) continue
      const answer = JSON.parse(data) as Answer<StreamEvent>
      if (answer.error) throw new Error(answer.error.message)
      if (answer.result) hear(answer.result)
    }
  }
}
