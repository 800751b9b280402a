import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { giveFile, type Progress } from '../src/api/upload'

/** A server that keeps an upload, over connections that the test cuts. */
class Keeping {
  bytes = ''
  begun = 0
  /** How many bytes the next connections let through before they are cut; none left = all. */
  cuts: number[] = []
  lost = false
  refuses = 0

  readonly fetch = async (path: string, init: RequestInit = {}) => {
    if (init.method === 'POST') {
      if (this.refuses) return new Response(JSON.stringify({ title: 'Too large', detail: 'A file may have 5 bytes.' }), { status: this.refuses })
      this.begun++
      this.bytes = ''
      this.lost = false
      return new Response(null, { status: 201, headers: { Location: `/api/v1/uploads/u${this.begun}` } })
    }
    if (init.method === 'HEAD') {
      if (this.lost) return new Response(null, { status: 404 })
      return new Response(null, { headers: { 'Upload-Offset': String(this.bytes.length) } })
    }
    if (init.method === 'DELETE') return new Response(null, { status: 204 })
    return new Response(JSON.stringify({ id: path.split('/').at(-1), name: 'a.txt', mediaType: 'text/plain', size: this.bytes.length, url: '/files/x' }))
  }

  async take(offset: number, blob: Blob): Promise<number> {
    const text = await blob.text()
    if (offset !== this.bytes.length) return 409
    const cut = this.cuts.shift()
    this.bytes += text.slice(0, cut)
    return cut === undefined ? 204 : 0
  }
}

function requests(server: Keeping) {
  return class {
    headers: Record<string, string> = {}
    upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {}
    status = 0
    responseText = ''
    onload?: () => void
    onerror?: () => void
    onloadend?: () => void
    open() {}
    abort() {}
    setRequestHeader(name: string, value: string) {
      this.headers[name] = value
    }
    getResponseHeader = () => String(server.bytes.length)
    send(blob: Blob) {
      void server.take(Number(this.headers['Upload-Offset']), blob).then((status) => {
        this.upload.onprogress?.({ loaded: blob.size, total: blob.size })
        this.status = status
        if (status === 0) this.onerror?.()
        else this.onload?.()
        this.onloadend?.()
      })
    }
  }
}

describe('a file that is given', () => {
  let server: Keeping
  beforeEach(() => {
    vi.useFakeTimers()
    server = new Keeping()
    vi.stubGlobal('fetch', server.fetch)
    vi.stubGlobal('XMLHttpRequest', requests(server))
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })
  const file = new File(['0123456789'], 'a.txt', { type: 'text/plain' })
  const give = async (told: Progress[] = [], signal = new AbortController().signal) => {
    const given = giveFile(file, (progress) => told.push(progress), signal)
    given.catch(() => {})
    await vi.advanceTimersByTimeAsync(60_000)
    return given
  }

  test('goes on from what the server has, however often the connection is cut', async () => {
    server.cuts = [3, 4, 0, 1]
    const told: Progress[] = []
    expect(await give(told)).toMatchObject({ id: 'u1', size: 10 })
    expect(server.bytes).toBe('0123456789')
    expect(server.begun).toBe(1)
    expect(told.filter((each) => each.held)).toHaveLength(4)
    expect(told.at(-1)).toEqual({ share: 1, held: false })
  })

  test('begins once more where the server has lost it', async () => {
    server.cuts = [3]
    const given = giveFile(file, () => {}, new AbortController().signal)
    await vi.advanceTimersByTimeAsync(10)
    server.lost = true
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await given).toMatchObject({ id: 'u2' })
    expect(server.bytes).toBe('0123456789')
  })

  test('is refused with the words of the server, and not tried again', async () => {
    server.refuses = 413
    await expect(give()).rejects.toThrow('A file may have 5 bytes.')
  })

  test('is taken back from the server, too', async () => {
    server.cuts = Array<number>(1000).fill(0)
    const fetched = vi.fn(server.fetch)
    vi.stubGlobal('fetch', fetched)
    const stop = new AbortController()
    const given = giveFile(file, () => {}, stop.signal)
    given.catch(() => {})
    await vi.advanceTimersByTimeAsync(1000)
    stop.abort()
    await expect(given).rejects.toThrow()
    expect(fetched.mock.calls.at(-1)).toMatchObject(['/api/v1/uploads/u1', { method: 'DELETE' }])
  })
})
