import { useRef, useState } from 'react'
import type { StreamEvent } from '../api/types'
import { heard, EMPTY, textOf, type Conversation } from '../chat/conversation'
import { Markdown } from '../text/Markdown'
import { sendStreaming } from './a2a'

/** A message to an agent over A2A, its answer, and the events as they came. */
export function TryIt({ agent }: { agent: string }) {
  const [text, setText] = useState('')
  const [events, setEvents] = useState<StreamEvent[]>([])
  const [problem, setProblem] = useState<string>()
  const running = useRef<AbortController>(undefined)
  const [busy, setBusy] = useState(false)

  const send = async () => {
    const stop = new AbortController()
    running.current = stop
    setBusy(true)
    setEvents([])
    setProblem(undefined)
    try {
      await sendStreaming(agent, text, (event) => setEvents((now) => [...now, event]), stop.signal)
    } catch (failure) {
      if (!stop.signal.aborted) setProblem((failure as Error).message)
    } finally {
      setBusy(false)
    }
  }
  const said: Conversation = heard(EMPTY, events.map((event, i) => ({ offset: i + 1, taskId: 'x', event })))
  const answer = said.tasks.flatMap((task) => task.items.filter((item) => item.kind !== 'user'))
  const state = said.tasks.at(-1)?.state.replace('TASK_STATE_', '').toLowerCase().replace('_', ' ')
  return (
    <section aria-label="Try it">
      <h2>Try it over A2A</h2>
      <form
        className="try"
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <input aria-label={`A message to ${agent}`} placeholder={`A message to ${agent}`} value={text} required onChange={(event) => setText(event.target.value)} />
        {busy ? (
          <button type="button" onClick={() => running.current?.abort()}>Stop listening</button>
        ) : (
          <button type="submit" className="primary">Send</button>
        )}
      </form>
      {problem && <p className="bad" role="alert">{problem}</p>}
      {events.length > 0 && (
        <div className="card tried">
          <p className="muted" role="status">{state} · {events.length} events</p>
          {answer.map((item) => <Markdown key={item.key} text={textOf(item.parts)} />)}
          <details>
            <summary>The events</summary>
            <pre className="events" tabIndex={0}>{events.map((event) => JSON.stringify(event)).join('\n')}</pre>
          </details>
        </div>
      )}
    </section>
  )
}
