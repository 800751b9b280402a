import { useState } from 'react'
import { dropQueued, editQueued, orderQueue, promote } from '../api/chats'
import { Icon } from '../frame/Icon'
import { textOf, type TaskTurn } from './conversation'
import { EditBox } from './Said'

/** The messages that wait, which can be changed until their turn comes. */
export function Queue({ chat, queue, failed }: { chat: string; queue: TaskTurn[]; failed: (problem: unknown) => void }) {
  const [editing, setEditing] = useState<string>()
  if (queue.length === 0) return null
  const ids = queue.map((task) => task.id)
  const move = (from: number, to: number) => {
    const order = ids.toSpliced(from, 1).toSpliced(to, 0, ids[from]!)
    orderQueue(chat, order).catch(failed)
  }
  return (
    <section className="queue" aria-label="Queue">
      <h2>
        Next <span>{queue.length}</span>
      </h2>
      <ol>
        {queue.map((task, i) => {
          const text = textOf(task.items.find((item) => item.kind === 'user')?.parts ?? [])
          return (
            <li key={task.id}>
              {editing === task.id ? (
                <EditBox
                  text={text}
                  label="Change the waiting message"
                  done={async (changed) => {
                    if (changed !== undefined) await editQueued(chat, task.id, [{ text: changed }]).catch(failed)
                    setEditing(undefined)
                  }}
                />
              ) : (
                <>
                  <span className="queued-text">{text}</span>
                  <Act icon="up" label="Earlier" off={i === 0} act={() => move(i, i - 1)} />
                  <Act icon="down" label="Later" off={i === queue.length - 1} act={() => move(i, i + 1)} />
                  <Act icon="edit" label="Change" act={() => setEditing(task.id)} />
                  <Act icon="first" label="Now: stop what runs for it" act={() => promote(chat, task.id).catch(failed)} />
                  <Act icon="close" label="Take back" act={() => dropQueued(chat, task.id).catch(failed)} />
                </>
              )}
            </li>
          )
        })}
      </ol>
    </section>
  )
}

function Act({ icon, label, off, act }: { icon: 'up' | 'down' | 'edit' | 'first' | 'close'; label: string; off?: boolean; act: () => void }) {
  return (
    <button type="button" className="quiet" aria-label={label} title={label} disabled={off} onClick={act}>
      <Icon name={icon} size={16} />
    </button>
  )
}
