import { getChat, getMessages, streamOf } from '../api/chats'
import { follow, type Link } from '../api/follow'
import { Problem } from '../api/http'
import type { Entry } from '../api/types'
import { EMPTY, heard, older, opened, type Conversation } from './conversation'

/** What the page knows of one chat. */
export interface View {
  conversation: Conversation
  link: Link
  /** Whether its first page is there. */
  ready: boolean
  loadingOlder: boolean
  /** Why it can't be shown, if so. */
  problem?: Problem
}

/**
 * One chat, kept up to date for as long as somebody looks: the newest page, and then the stream behind it. What comes
 * within one frame of the screen is shown together.
 */
export class LiveChat {
  private view: View = { conversation: EMPTY, link: 'opening', ready: false, loadingOlder: false }
  private readonly watchers = new Set<() => void>()
  private stop: (() => void) | undefined
  private arrived: Entry[] = []
  private frame = 0
  private generation = 0

  constructor(readonly id: string) {}

  readonly snapshot = () => this.view

  readonly subscribe = (watcher: () => void) => {
    this.watchers.add(watcher)
    if (this.watchers.size === 1) void this.open()
    return () => {
      this.watchers.delete(watcher)
      if (this.watchers.size === 0) this.close()
    }
  }

  async loadOlder() {
    const before = this.view.conversation.previous
    if (!before || this.view.loadingOlder) return
    this.show({ loadingOlder: true })
    const generation = this.generation
    try {
      const page = await getMessages(this.id, before)
      if (generation !== this.generation) return
      this.show({ conversation: older(this.view.conversation, page), loadingOlder: false })
    } catch {
      this.show({ loadingOlder: false })
    }
  }

  private async open() {
    const generation = ++this.generation
    try {
      const page = await getMessages(this.id)
      if (generation !== this.generation) return
      this.arrived = []
      this.show({ conversation: opened(page), ready: true, problem: undefined })
      this.stop?.()
      this.stop = follow<Entry>({
        path: streamOf(this.id),
        after: page.offset,
        hear: (entries) => this.hear(entries),
        link: (link) => this.show({ link }),
        check: () => this.check(),
      })
    } catch (problem) {
      if (generation !== this.generation) return
      if (problem instanceof Problem && problem.passing) {
        this.show({ link: 'lost' })
        setTimeout(() => generation === this.generation && void this.open(), 1000)
      } else {
        this.show({ problem: problem as Problem, ready: true })
      }
    }
  }

  private close() {
    this.generation++
    this.stop?.()
    this.stop = undefined
    cancelAnimationFrame(this.frame)
    this.frame = 0
    this.view = { ...this.view, link: 'opening' }
  }

  private hear(entries: Entry[]) {
    this.arrived.push(...entries)
    // A page that nobody sees gets no frames; then there is no hurry, but memory is not to grow.
    if (document.visibilityState === 'hidden') this.tell()
    else this.frame ||= requestAnimationFrame(() => this.tell())
  }

  private tell() {
    cancelAnimationFrame(this.frame)
    this.frame = 0
    const conversation = heard(this.view.conversation, this.arrived)
    this.arrived = []
    this.show({ conversation })
    if (conversation.stale) void this.open()
  }

  /** Why there is no connection: the server is away, or the chat is, or it has begun its journal anew. */
  private async check(): Promise<number | null> {
    try {
      const chat = await getChat(this.id)
      const offset = this.view.conversation.offset
      if (chat.lastOffset < offset) {
        void this.open()
        return null
      }
      return offset
    } catch (problem) {
      if (problem instanceof Problem && (problem.status === 404 || problem.status === 401)) {
        this.show({ problem })
        return null
      }
      throw problem
    }
  }

  private show(change: Partial<View>) {
    this.view = { ...this.view, ...change }
    this.watchers.forEach((watcher) => watcher())
  }
}
