import { useInfiniteQuery } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useDeferredValue, useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { listChats, type Filter } from '../api/chats'
import type { Chat } from '../api/types'
import { Icon } from '../frame/Icon'
import { chatPath, go, Link } from '../route'
import { more, useShelf } from './shelf'

/** The chats: all of them as they stand now, or what a search found. */
export function ChatList({ open }: { open?: string }) {
  const [words, setWords] = useState('')
  const [archived, setArchived] = useState(false)
  const filter = useDeferredValue(filterOf(words, archived))
  const searching = filter.q !== undefined || filter.label !== undefined || archived
  const shelf = useShelf()
  const found = useFound(filter, searching)
  // A search tells which; the shelf knows how they are now.
  const chats = searching ? found.chats.filter((chat) => !shelf.deleted.has(chat.id)).map((chat) => shelf.chats.get(chat.id) ?? chat) : shelf.order
  return (
    <nav className="list" aria-label="Chats">
      <div className="list-tools">
        <label className="search">
          <Icon name="search" size={16} />
          <input type="search" placeholder="Search" aria-label="Search chats; label:name:value finds a label" value={words} onChange={(event) => setWords(event.target.value)} />
        </label>
        <button type="button" className="quiet" aria-pressed={archived} aria-label="Archived chats" title="Archived chats" onClick={() => setArchived(!archived)}>
          <Icon name="archive" />
        </button>
        <button type="button" className="quiet" aria-label="New chat" title="New chat" onClick={() => { document.body.classList.remove('list-open'); go('/') }}>
          <Icon name="plus" />
        </button>
      </div>
      <Chats chats={chats} open={open} more={searching ? found.more : more} />
      {chats.length === 0 && (shelf.ready || searching) && <p className="muted none">{searching ? 'Nothing found.' : 'No chats yet.'}</p>}
    </nav>
  )
}

/** Words, of which one may be `label:name:value`. */
export function filterOf(words: string, archived: boolean): Filter {
  const label = /(?:^|\s)label:(\S+:\S*)/.exec(words)?.[1]
  const q = words.replace(/(^|\s)label:\S*/, ' ').trim()
  return { archived, ...(q ? { q } : {}), ...(label ? { label } : {}) }
}

function useFound(filter: Filter, enabled: boolean) {
  const query = useInfiniteQuery({
    queryKey: ['chats', filter],
    queryFn: ({ pageParam }) => listChats(filter, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    enabled,
    staleTime: 0,
    gcTime: 0,
    placeholderData: (before) => before,
  })
  return {
    chats: enabled ? (query.data?.pages.flatMap((page) => page.chats) ?? []) : [],
    more: () => void (query.hasNextPage && !query.isFetching && query.fetchNextPage()),
  }
}

const ROW = 62

function Chats({ chats, open, more }: { chats: readonly Chat[]; open?: string; more: () => void }) {
  const scroller = useRef<HTMLDivElement>(null)
  const keyOf = useCallback((index: number) => chats[index]!.id, [chats])
  const list = useVirtualizer({
    count: chats.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: keyOf,
    overscan: 8,
  })
  const shown = list.getVirtualItems()
  const last = shown.at(-1)?.index ?? 0
  useEffect(() => {
    if (last >= chats.length - 20) more()
  }, [last, chats.length])
  // One stop for the keyboard, however long the list is; the arrows go through it.
  const stop = shown.find((place) => chats[place.index]?.id === open)?.index ?? shown[0]?.index
  const step = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const here = (event.target as Element).closest('li')
    if (by === 0 || !here) return
    event.preventDefault()
    here.parentElement!.querySelector<HTMLElement>(`li[aria-posinset="${Number(here.ariaPosInSet) + by}"] a`)?.focus()
  }
  return (
    <div ref={scroller} className="list-scroll" tabIndex={-1}>
      <ul className="tall" style={{ height: list.getTotalSize() }} onKeyDown={step}>
        {shown.map((place) => {
          const chat = chats[place.index]!
          return (
            <li key={place.key} style={{ transform: `translateY(${place.start}px)`, height: ROW }} aria-setsize={chats.length} aria-posinset={place.index + 1}>
              <Row chat={chat} open={chat.id === open} stop={place.index === stop} />
            </li>
          )
        })}
      </ul>
    </div>
  )
}

const SAID: Record<Chat['status'], string> = {
  running: 'at work',
  waiting: 'waits for you',
  'action-required': 'asks you',
  failed: 'failed',
  idle: '',
}

function Row({ chat, open, stop }: { chat: Chat; open: boolean; stop: boolean }) {
  const status = chat.recovering ? 'recovering' : SAID[chat.status]
  const labels = Object.entries(chat.labels ?? {})
  return (
    <Link href={chatPath(chat.id)} tabIndex={stop ? 0 : -1} className={`chat-row${chat.unread && !open ? ' unread' : ''}`} aria-current={open ? 'page' : undefined}>
      <span className={`dot ${chat.status}`} aria-hidden="true" />
      <span className="chat-row-text">
        <span className="chat-row-title">{chat.title ?? 'Untitled'}</span>
        <small>
          {status || ago(chat.updatedAt)}
          {chat.queued > 0 && status ? ` · ${chat.queued} waiting` : ''}
          {labels.map(([name, value]) => (
            <span key={name} className="label">{value || name}</span>
          ))}
        </small>
      </span>
      {chat.pin !== undefined && <Icon name="pin" size={14} />}
      {chat.unread && !open && <span className="unseen">unread</span>}
    </Link>
  )
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' })

export function ago(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000
  if (seconds > -60) return 'now'
  if (seconds > -3600) return relative.format(Math.round(seconds / 60), 'minute')
  if (seconds > -86_400) return relative.format(Math.round(seconds / 3600), 'hour')
  if (seconds > -7 * 86_400) return relative.format(Math.round(seconds / 86_400), 'day')
  return new Date(time).toLocaleDateString()
}
