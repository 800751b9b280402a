import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { follow, type Link } from '../src/api/follow'

/** A WebSocket that does what the test says. */
class Socket {
  static all: Socket[] = []
  onopen?: () => void
  onmessage?: (message: { data: string }) => void
  onclose?: () => void
  constructor(readonly url: URL) {
    Socket.all.push(this)
  }
  close() {}
  says(...offsets: number[]) {
    this.onmessage?.({ data: JSON.stringify(offsets.map((offset) => ({ offset }))) })
  }
}

const newest = () => Socket.all.at(-1)!
const after = (socket: Socket) => socket.url.searchParams.get('after')

describe('a stream that is followed', () => {
  let heard: number[]
  let links: Link[]
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('WebSocket', Socket)
    Socket.all = []
    heard = []
    links = []
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })
  const start = (check?: () => Promise<number | null>) =>
    follow<{ offset: number }>({ path: '/s', after: 4, hear: (entries) => heard.push(...entries.map((each) => each.offset)), link: (link) => links.push(link), check })

  test('goes on behind what it heard last, and hears nothing twice', async () => {
    start()
    newest().onopen?.()
    newest().says(5, 6)
    newest().onclose?.()
    await vi.advanceTimersByTimeAsync(300)
    expect(after(newest())).toBe('6')
    newest().onopen?.()
    newest().says(6, 7)
    expect(heard).toEqual([5, 6, 7])
    expect(links).toEqual(['opening', 'live', 'lost', 'live'])
  })

  test('waits longer each time that nobody answers, but never long', async () => {
    start()
    for (let i = 0; i < 12; i++) {
      newest().onclose?.()
      const before = Socket.all.length
      await vi.advanceTimersByTimeAsync(5000)
      expect(Socket.all.length).toBe(before + 1)
    }
  })

  test('tries at once when the network is back', async () => {
    start()
    for (let i = 0; i < 6; i++) {
      newest().onclose?.()
      await vi.advanceTimersByTimeAsync(5000)
    }
    newest().onclose?.()
    const before = Socket.all.length
    dispatchEvent(new Event('online'))
    expect(Socket.all.length).toBe(before + 1)
  })

  test('leaves a connection that the network took with it', async () => {
    start()
    const dead = newest()
    dead.onopen?.()
    dispatchEvent(new Event('offline'))
    expect(links.at(-1)).toBe('lost')
    dead.says(5)
    expect(heard).toEqual([])
  })

  test('gives up if there is nothing to follow any more', async () => {
    start(async () => null)
    newest().onclose?.()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(Socket.all).toHaveLength(1)
  })

  test('ends when it is told to', async () => {
    const stop = start()
    newest().onopen?.()
    stop()
    newest().onclose?.()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(Socket.all).toHaveLength(1)
  })
})
