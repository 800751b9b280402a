import { useEffect, useSyncExternalStore } from 'react'
import { listChats, WATCH } from '../api/chats'
import { follow } from '../api/follow'
import type { Chat, ChatPage, ListEntry } from '../api/types'

/**
 * All that is known of the chats in the list: what pages said, and what the watch has said since. One for the whole page;
 * of what was heard of a chat, what its journal was longest at wins, and then what was heard last.
 */
interface Shelf {
  chats: ReadonlyMap<string, Chat>
  deleted: ReadonlySet<string>
  /** The list in its order, of those that pages or the watch told of. */
  order: readonly Chat[]
  total: number
  next?: string
  ready: boolean
}

let shelf: Shelf = { chats: new Map(), deleted: new Set(), order: [], total: 0, ready: false }
const watchers = new Set<() => void>()
let stop: (() => void) | undefined
let loading = false

/** The pinned first, by their pins; then the newest. Archived chats and parts of others are not in the list. */
export function ordered(chats: Iterable<Chat>): Chat[] {
  return [...chats]
    .filter((chat) => !chat.archived && !chat.parent)
    .sort((a, b) => (a.pin ?? Infinity) - (b.pin ?? Infinity) || down(a.updatedAt, b.updatedAt) || down(a.id, b.id))
}

/** By their characters: no language has to be asked, and of thousands that takes its time. */
const down = (a: string, b: string) => (a < b ? 1 : a > b ? -1 : 0)

/** False for an answer that the watch has overtaken: the chat has gone on since. */
export const isNews = (known: Chat | undefined, heard: Chat) => !known || heard.lastOffset >= known.lastOffset

function put(change: { chats?: Iterable<Chat>; deleted?: string; total?: number; next?: string; ready?: boolean }) {
  const chats = new Map(shelf.chats)
  const deleted = new Set(shelf.deleted)
  if (change.deleted) {
    chats.delete(change.deleted)
    deleted.add(change.deleted)
  }
  for (const chat of change.chats ?? []) {
    if (!deleted.has(chat.id) && isNews(chats.get(chat.id), chat)) chats.set(chat.id, chat)
  }
  shelf = { ...shelf, ...change, chats, deleted, order: ordered(chats.values()) }
  watchers.forEach((watcher) => watcher())
}

/** A chat is like this now, as an answer said. */
export const changed = (chat: Chat) => put({ chats: [chat] })
export const gone = (id: string) => put({ deleted: id })

async function begin() {
  try {
    const page = await listChats({})
    keep(page)
    stop?.()
    stop = follow<ListEntry>({
      path: WATCH,
      after: page.offset,
      hear: (entries) => {
        const dead = entries.filter((entry) => entry.kind === 'deleted')
        dead.forEach((entry) => gone(entry.chat.id))
        put({ chats: entries.filter((entry) => entry.kind !== 'deleted').map((entry) => entry.chat) })
      },
      link: () => {},
      check: async () => {
        const now = await listChats({})
        // A server that begins anew has another list.
        if (now.offset < page.offset) {
          shelf = { ...shelf, chats: new Map(), deleted: new Set() }
        }
        keep(now)
        return now.offset
      },
    })
  } catch {
    // Who is asked for a key first comes back by itself.
    setTimeout(() => watchers.size > 0 && void begin(), 1000)
  }
}

function keep(page: ChatPage) {
  put({ chats: page.chats, total: page.total, next: page.next, ready: true })
}

/** The next page, if there is one and it is not on its way. */
export async function more() {
  if (!shelf.next || loading) return
  loading = true
  try {
    const page = await listChats({}, shelf.next)
    // What the watch has said meanwhile is newer than the page.
    put({ chats: page.chats.filter((chat) => !shelf.chats.has(chat.id)), total: page.total, next: page.next, ready: true })
  } catch {
    // Whoever scrolls on asks again.
  } finally {
    loading = false
  }
}

const subscribe = (watcher: () => void) => {
  watchers.add(watcher)
  if (!stop && watchers.size === 1) void begin()
  return () => watchers.delete(watcher)
}

export const useShelf = () => useSyncExternalStore(subscribe, () => shelf)

/** One chat, also one that the list has not come to. */
export function useShelved(id: string, get: (id: string) => Promise<Chat>): Chat | undefined {
  const chat = useShelf().chats.get(id)
  const missing = chat === undefined
  useEffect(() => {
    if (missing) get(id).then(changed, () => {})
  }, [id, missing])
  return chat
}
