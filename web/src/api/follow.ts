/** How a stream's connection stands. */
export type Link = 'opening' | 'live' | 'lost'

interface Following<T> {
  /** The WebSocket's path, without `after`. */
  path: string
  /** Begin behind this offset. */
  after: number
  hear: (entries: T[]) => void
  link: (link: Link) => void
  /** Asked when a connection could not be made: the offset to go on from, or null to give up. Throws: try later. */
  check?: () => Promise<number | null>
}

const FIRST_WAIT = 200
const LONGEST_WAIT = 5000

/**
 * Follows a stream for as long as it is wanted: each time the connection ends it is made anew, behind the last entry that
 * was heard, so that nothing is missed and nothing comes twice. Returns what ends it.
 *
 * A WebSocket, since a browser opens only six connections to a host over HTTP/1.1 and each EventSource is one of them.
 */
export function follow<T extends { offset: number }>(stream: Following<T>): () => void {
  let after = stream.after
  let wait = FIRST_WAIT
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let over = false

  const open = () => {
    clearTimeout(timer)
    timer = undefined
    const url = new URL(stream.path, location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    url.searchParams.set('after', String(after))
    const opened = new WebSocket(url)
    let lived = false
    socket = opened
    opened.onopen = () => {
      lived = true
      wait = FIRST_WAIT
      stream.link('live')
    }
    opened.onmessage = (message) => {
      if (socket !== opened) return
      const entries = (JSON.parse(message.data as string) as T[]).filter((entry) => entry.offset > after)
      const last = entries.at(-1)
      if (last) {
        after = last.offset
        stream.hear(entries)
      }
    }
    opened.onclose = () => {
      if (over || socket !== opened) return
      socket = undefined
      stream.link('lost')
      if (lived || !stream.check) {
        later()
      } else {
        stream.check().then((from) => {
          if (over) return
          if (from === null) return
          after = from
          later()
        }, later)
      }
    }
  }

  const later = () => {
    if (over || timer !== undefined) return
    timer = setTimeout(open, wait * (0.5 + Math.random() / 2))
    wait = Math.min(wait * 2, LONGEST_WAIT)
  }

  // The network is back, or the lid is open: nobody wants to wait then.
  const now = () => {
    if (!over && timer !== undefined && document.visibilityState === 'visible') {
      wait = FIRST_WAIT
      open()
    }
  }

  // A network that was switched leaves a connection that looks alive; it is dead, so take a new one.
  const gone = () => {
    const dead = socket
    if (over || !dead) return
    socket = undefined
    dead.close()
    stream.link('lost')
    later()
  }

  addEventListener('online', now)
  addEventListener('offline', gone)
  document.addEventListener('visibilitychange', now)
  stream.link('opening')
  open()
  return () => {
    over = true
    clearTimeout(timer)
    removeEventListener('online', now)
    removeEventListener('offline', gone)
    document.removeEventListener('visibilitychange', now)
    socket?.close()
  }
}
