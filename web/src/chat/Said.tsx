import { memo, useState } from 'react'
import { CopyButton } from '../frame/CopyButton'
import { Icon } from '../frame/Icon'
import { chatPath, Link } from '../route'
import { marksOf, textOf, type Item } from './conversation'
import { Parts } from './Parts'

export interface Doing {
  edit: (item: Item, text: string) => Promise<void>
  fork: (item: Item) => void
}

/** Something that was said: by the user, by the agent, or by the agent to itself. */
export const Said = memo(({ item, busy, doing }: { item: Item; busy: boolean; doing: Doing }) => {
  switch (item.kind) {
    case 'user':
      return <User item={item} doing={doing} />
    case 'reasoning':
      return <Reasoning item={item} />
    case 'cleared':
      return <p className="remark">The agent is not told what is above.</p>
    case 'forked':
      return (
        <p className="remark">
          <span>
            Forked: it begins with what was said in <Link href={chatPath(textOf(item.parts))}>another chat</Link>
          </span>
        </p>
      )
    case 'summary':
      return (
        <details className="step">
          <summary>
            <Icon name="thought" size={16} /> What was said before, summed up
          </summary>
          <Parts parts={item.parts} />
        </details>
      )
    default:
      return <Answer item={item} busy={busy} doing={doing} />
  }
})

function User({ item, doing }: { item: Item; doing: Doing }) {
  const [editing, setEditing] = useState(false)
  const text = textOf(item.parts)
  if (editing) {
    return (
      <EditBox
        text={text}
        label="Send this wording instead; all below goes"
        done={async (changed) => {
          if (changed !== undefined) await doing.edit(item, changed)
          setEditing(false)
        }}
      />
    )
  }
  return (
    <article className="said user" aria-label="You">
      <div className="bubble">
        <Parts parts={item.parts} plain />
      </div>
      <div className="actions">
        <CopyButton text={text} label="Copy message" />
        <button type="button" className="quiet" aria-label="Edit message" title="Edit; all below goes" onClick={() => setEditing(true)}>
          <Icon name="edit" />
        </button>
        <button type="button" className="quiet" aria-label="Branch from here" title="A new chat with everything up to here" onClick={() => doing.fork(item)}>
          <Icon name="fork" />
        </button>
      </div>
    </article>
  )
}

function Answer({ item, busy, doing }: { item: Item; busy: boolean; doing: Doing }) {
  const text = textOf(item.parts)
  const streaming = item.open && busy
  return (
    <article className={`said agent${streaming ? ' streaming' : ''}`} aria-label="Agent" aria-busy={streaming}>
      <Parts parts={item.parts} />
      {!streaming && (
        <div className="actions">
          <CopyButton text={text} label="Copy answer" />
          {item.kind === 'answer' && (
            <button type="button" className="quiet" aria-label="Branch from here" title="A new chat with everything up to here" onClick={() => doing.fork(item)}>
              <Icon name="fork" />
            </button>
          )}
          <Cost item={item} />
        </div>
      )}
    </article>
  )
}

/** What the answer took, where its agent told. */
function Cost({ item }: { item: Item }) {
  const { model, usage, finish } = marksOf(item.metadata)
  if (!model && !usage) return null
  const tokens = usage && `${count(usage.inputTokens ?? 0)} in · ${count(usage.outputTokens ?? 0)} out`
  return (
    <small className="cost">
      {[model, tokens, usage?.costMicros ? money(usage.costMicros) : undefined, finish === 'length' ? 'cut at its longest' : undefined].filter(Boolean).join(' · ')}
    </small>
  )
}

export const count = (n: number) => (n < 10_000 ? String(n) : `${(n / 1000).toFixed(1)}k`)

export function money(micros: number): string {
  const amount = micros / 1_000_000
  return `$${amount < 0.01 ? amount.toFixed(5) : amount.toFixed(2)}`
}

function Reasoning({ item }: { item: Item }) {
  return (
    <details className="step" open={item.open || undefined}>
      <summary>
        <Icon name="thought" size={16} /> {item.open ? 'Thinking…' : 'Thought'}
      </summary>
      <div className="muted">
        <Parts parts={item.parts} />
      </div>
    </details>
  )
}

export function EditBox({ text, label, done }: { text: string; label: string; done: (changed?: string) => Promise<void> | void }) {
  const [now, setNow] = useState(text)
  const [sending, setSending] = useState(false)
  const send = async () => {
    if (now.trim() === '' || sending) return
    setSending(true)
    try {
      await done(now === text ? undefined : now)
    } finally {
      setSending(false)
    }
  }
  return (
    <form
      className="edit"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <textarea
        autoFocus
        aria-label={label}
        value={now}
        onChange={(event) => setNow(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') void done()
          if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault()
            void send()
          }
        }}
      />
      <div className="edit-actions">
        <button type="button" onClick={() => void done()}>
          Cancel
        </button>
        <button type="submit" className="primary" disabled={sending || now.trim() === ''}>
          Send
        </button>
      </div>
    </form>
  )
}
