import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { clear, compact, deleteChat, fork, patchChat, usage } from '../api/chats'
import type { Link } from '../api/follow'
import type { Chat } from '../api/types'
import { announce } from '../frame/announce'
import { Dialog } from '../frame/Dialog'
import { Icon } from '../frame/Icon'
import { Menu, MenuItem } from '../frame/Menu'
import { changed, gone } from '../list/shelf'
import { chatPath, go } from '../route'
import { count, money } from './Said'

interface Head {
  chat: Chat | undefined
  id: string
  link: Link
  ready: boolean
  /** How many of its tasks have ended. */
  ended: number
  failed: (problem: unknown) => void
}

export function ChatHead({ chat, id, link, ready, ended, failed }: Head) {
  const [asking, setAsking] = useState<'title' | 'labels' | 'delete'>()
  const act = (promise: Promise<unknown>) => void promise.catch(failed)
  const patch = (change: Parameters<typeof patchChat>[1]) => act(patchChat(id, change).then(changed))
  const copyLink = () => act(navigator.clipboard.writeText(new URL(chatPath(id), location.href).href).then(() => announce('Link copied')))
  const title = chat?.title ?? 'Chat'
  useEffect(() => {
    document.title = `${title} · Millrace`
    return () => void (document.title = 'Millrace')
  }, [title])
  return (
    <header className="chat-head">
      <button type="button" className="quiet only-small" aria-label="All chats" onClick={() => document.body.classList.toggle('list-open')}>
        <Icon name="menu" />
      </button>
      <h1 title={title}>{title}</h1>
      <LinkState link={link} ready={ready} />
      <Took id={id} ended={ended} />
      <span className="agent-name">{chat?.agent}</span>
      <Menu label="More for this chat">
        <MenuItem icon="edit" onClick={() => setAsking('title')}>Rename</MenuItem>
        <MenuItem icon="pin" onClick={() => patch({ pin: chat?.pin === undefined ? 1 : null })}>{chat?.pin === undefined ? 'Pin' : 'Unpin'}</MenuItem>
        <MenuItem icon="label" onClick={() => setAsking('labels')}>Labels</MenuItem>
        <MenuItem icon="link" onClick={copyLink}>Copy link</MenuItem>
        <MenuItem icon="fork" onClick={() => act(fork(id).then((made) => go(chatPath(made.id))))}>Fork</MenuItem>
        <MenuItem icon="thought" onClick={() => act(compact(id))}>Sum up</MenuItem>
        <MenuItem icon="close" onClick={() => act(clear(id))}>Forget what was said</MenuItem>
        <MenuItem icon="archive" onClick={() => patch({ archived: !chat?.archived })}>{chat?.archived ? 'Take out of the archive' : 'Archive'}</MenuItem>
        <MenuItem icon="trash" danger onClick={() => setAsking('delete')}>Delete</MenuItem>
      </Menu>
      {asking === 'title' && (
        <Ask title="Rename" label="Title" value={title} close={() => setAsking(undefined)} done={(now) => patch({ title: now })} />
      )}
      {asking === 'labels' && (
        <Ask
          title="Labels"
          label="name:value, with commas between"
          value={Object.entries(chat?.labels ?? {}).map(([name, value]) => `${name}:${value}`).join(', ')}
          close={() => setAsking(undefined)}
          done={(now) => patch({ labels: labelsOf(now) })}
        />
      )}
      {asking === 'delete' && (
        <Dialog title="Delete this chat?" onClose={() => setAsking(undefined)}>
          <p>All that was said in it is gone for good, on every device.</p>
          <div className="edit-actions">
            <button type="button" onClick={() => setAsking(undefined)}>Keep it</button>
            <button type="button" className="danger" onClick={() => act(deleteChat(id).then(() => { gone(id); go('/') }))}>Delete</button>
          </div>
        </Dialog>
      )}
    </header>
  )
}

export function labelsOf(text: string): Record<string, string> {
  const pairs = text.split(',').map((each) => each.trim()).filter(Boolean)
  return Object.fromEntries(pairs.map((pair) => {
    const [name, ...value] = pair.split(':')
    return [name!.trim(), value.join(':').trim()]
  }))
}

function Ask({ title, label, value, close, done }: { title: string; label: string; value: string; close: () => void; done: (now: string) => void }) {
  const [now, setNow] = useState(value)
  return (
    <Dialog title={title} onClose={close}>
      <form onSubmit={(event) => { event.preventDefault(); done(now.trim()); close() }}>
        <label>
          {label}
          <input autoFocus value={now} maxLength={1000} onChange={(event) => setNow(event.target.value)} />
        </label>
        <div className="edit-actions">
          <button type="button" onClick={close}>Cancel</button>
          <button type="submit" className="primary">Save</button>
        </div>
      </form>
    </Dialog>
  )
}

/** Says quietly that the connection is away, if it is for longer than a blink. */
function LinkState({ link, ready }: { link: Link; ready: boolean }) {
  const [late, setLate] = useState(false)
  const away = link !== 'live'
  useEffect(() => {
    setLate(false)
    if (!away) return
    const timer = setTimeout(() => setLate(true), 400)
    return () => clearTimeout(timer)
  }, [away])
  return (
    <span className="link-state" role="status">
      {away && late && (ready ? 'Reconnecting…' : 'Connecting…')}
    </span>
  )
}

/** What the chat took so far, asked anew when a task has ended. */
function Took({ id, ended }: { id: string; ended: number }) {
  const used = useQuery({ queryKey: ['usage', id, ended], queryFn: () => usage(id), placeholderData: (before) => before })
  const u = used.data
  if (!u || (u.inputTokens === 0 && u.workedMs === 0)) return null
  const parts = [u.workedMs >= 100 ? `${(u.workedMs / 1000).toFixed(1)} s` : undefined, u.inputTokens + u.outputTokens > 0 ? `${count(u.inputTokens + u.outputTokens)} tokens` : undefined, u.costMicros > 0 ? money(u.costMicros) : undefined]
  return <span className="took" title="worked for · tokens · cost">{parts.filter(Boolean).join(' · ')}</span>
}
