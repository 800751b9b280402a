import { useState } from 'react'
import { giveResults } from '../api/chats'
import type { ToolCall, ToolResult } from '../api/types'
import { Icon } from '../frame/Icon'
import { Code } from '../text/Code'
import { callsOf, type TaskTurn } from './conversation'

const APPROVE = 'millrace.approve'

/** What the agent waits for: a yes or no to a call, or what tools of the user gave. */
export function Question({ chat, task, failed }: { chat: string; task: TaskTurn; failed: (problem: unknown) => void }) {
  const question = task.items.findLast((item) => item.kind === 'question')
  const calls = question ? callsOf(question.parts) : []
  const [results, setResults] = useState<Record<string, ToolResult>>({})
  const [sending, setSending] = useState(false)
  if (calls.length === 0) return <p className="waiting">The agent waits for your answer.</p>

  const give = async (given: ToolResult[]) => {
    setSending(true)
    try {
      await giveResults(chat, task.id, given)
    } catch (problem) {
      failed(problem)
      setSending(false)
    }
  }
  const all = calls.map((call) => results[call.id])
  const complete = all.every((result) => result !== undefined)
  const take = (result: ToolResult) => {
    const now = { ...results, [result.id]: result }
    setResults(now)
    // One question needs no second click; several are answered together.
    if (calls.length === 1 && calls[0]!.name === APPROVE) void give([result])
  }
  return (
    <form
      className="card question"
      aria-label="The agent asks"
      onSubmit={(event) => {
        event.preventDefault()
        if (complete) void give(all as ToolResult[])
      }}
    >
      {calls.map((call) =>
        call.name === APPROVE ? (
          <Approval key={call.id} call={call} chosen={results[call.id]} take={take} disabled={sending} />
        ) : (
          <ToolForm key={call.id} call={call} take={take} disabled={sending} />
        ),
      )}
      {!(calls.length === 1 && calls[0]!.name === APPROVE) && (
        <button type="submit" className="primary" disabled={!complete || sending}>
          Send {calls.length === 1 ? 'the result' : `all ${calls.length}`}
        </button>
      )}
    </form>
  )
}

interface Asked {
  call?: { name?: string; arguments?: unknown }
}

function Approval({ call, chosen, take, disabled }: { call: ToolCall; chosen?: ToolResult; take: (result: ToolResult) => void; disabled: boolean }) {
  const asked = (call.arguments as Asked).call
  const said = (chosen?.result as { approved?: boolean } | undefined)?.approved
  const choose = (approved: boolean) => take({ id: call.id, result: { approved } })
  return (
    <fieldset disabled={disabled}>
      <legend>
        <Icon name="warn" size={16} /> May the agent run <code>{asked?.name ?? 'this tool'}</code>?
      </legend>
      <Code language="json" text={JSON.stringify(asked?.arguments ?? call.arguments, null, 2)} />
      <div className="edit-actions">
        <button type="button" aria-pressed={said === false} onClick={() => choose(false)}>
          Refuse
        </button>
        <button type="button" className="primary" aria-pressed={said === true} onClick={() => choose(true)}>
          Allow
        </button>
      </div>
    </fieldset>
  )
}

/** What is JSON is given as JSON, all else as the text it is. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function ToolForm({ call, take, disabled }: { call: ToolCall; take: (result: ToolResult) => void; disabled: boolean }) {
  const [text, setText] = useState('')
  const [failed, setFailed] = useState(false)
  const change = (now: string, fails: boolean) => {
    setText(now)
    setFailed(fails)
    take(fails ? { id: call.id, error: now || 'failed' } : { id: call.id, result: valueOf(now) })
  }
  return (
    <fieldset disabled={disabled}>
      <legend>
        <Icon name="tool" size={16} /> <code>{call.name}</code>
      </legend>
      <Code language="json" text={JSON.stringify(call.arguments, null, 2)} />
      <textarea aria-label={`What ${call.name} gave`} placeholder={failed ? 'Why it failed' : 'What it gave: text, or JSON'} value={text} onChange={(event) => change(event.target.value, failed)} />
      <label className="choice">
        <input type="checkbox" checked={failed} onChange={(event) => change(text, event.target.checked)} /> it failed
      </label>
    </fieldset>
  )
}
