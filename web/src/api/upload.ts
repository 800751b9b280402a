import { ask, problemOf, Problem, problemFrom } from './http'
import type { Given } from './types'

/** What is told of a file while it is on its way. */
export interface Progress {
  /** What the server has and what is on its way there, from 0 to 1. */
  share: number
  /** Whether the connection is lost; the file goes on by itself when it is back. */
  held: boolean
}

const UPLOADS = '/api/v1/uploads'
const TUS = { 'Tus-Resumable': '1.0.0' }
const FIRST_WAIT = 250
const LONGEST_WAIT = 5000

/** A connection on which nothing moves for so long is given up for a new one; the network may have been switched. */
const SILENCE = 15_000

/** What a server needs for its hash of a large file that is all there; nothing moves meanwhile. */
const HASHING = 120_000

/**
 * Gives a file to the server by tus 1.0.0 (https://tus.io/protocols/resumable-upload): whatever cuts the connection, the
 * network or the server's end, it goes on from what the server has. Ends when it is there, when the server refuses it, or
 * when its user takes it back, which takes it from the server, too.
 */
export async function giveFile(file: File, tell: (progress: Progress) => void, signal: AbortSignal): Promise<Given> {
  const tried = new Tries(signal, () => tell({ share: 0, held: true }))
  for (;;) {
    const place = await tried.surely(() => begin(file, signal))
    try {
      await whole(file, place, tell, signal)
      const id = place.split('/').at(-1)!
      return await tried.surely(() => ask<Given>(`/api/v1/files/${id}`, { signal }))
    } catch (problem) {
      if (signal.aborted) {
        void fetch(place, { method: 'DELETE', headers: TUS, keepalive: true }).catch(() => {})
        throw problem
      }
      // The server has lost it, or cleared it away while nobody came back: once more from the beginning.
      const lost = problem instanceof Problem && (problem.status === 404 || problem.status === 410)
      if (!lost) throw problem
    }
  }
}

async function begin(file: File, signal: AbortSignal): Promise<string> {
  const said = [`filename ${base64(file.name)}`, ...(file.type ? [`filetype ${base64(file.type)}`] : [])].join(',')
  const response = await reach(UPLOADS, { method: 'POST', headers: { ...TUS, 'Upload-Length': String(file.size), 'Upload-Metadata': said }, signal })
  return new URL(response.headers.get('Location')!, location.href).pathname
}

/** Sends what is not there yet, until all of it is. */
async function whole(file: File, place: string, tell: (progress: Progress) => void, signal: AbortSignal) {
  let at = 0
  let share = 0
  const tried = new Tries(signal, () => tell({ share, held: true }))
  while (at < file.size) {
    // Asked only after a failure: a file that was just begun is at 0.
    const from = await tried.surely(async () => (tried.failed ? await offset(place, signal) : at))
    if (from > at) tried.moved()
    at = from
    if (at === file.size) return
    try {
      at = await send(file, place, at, (sent) => tell({ share: (share = sent / file.size), held: false }), signal)
      tried.moved()
    } catch (problem) {
      await tried.again(problem)
    }
  }
}

async function offset(place: string, signal: AbortSignal): Promise<number> {
  const response = await reach(place, { method: 'HEAD', headers: TUS, signal })
  return Number(response.headers.get('Upload-Offset'))
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init).catch(() => {
    throw new Problem(0, 'unreachable', 'The server cannot be reached', '')
  })
  if (!response.ok) throw await problemOf(response)
  return response
}

/** One request with all that is left; gives how much is there then. XMLHttpRequest, since fetch tells nothing of what was sent. */
function send(file: File, place: string, at: number, tell: (sent: number) => void, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const cut = () => request.abort()
    let silence = setTimeout(cut, SILENCE)
    request.open('PATCH', place)
    for (const [name, value] of Object.entries({ ...TUS, 'Upload-Offset': String(at), 'Content-Type': 'application/offset+octet-stream' })) {
      request.setRequestHeader(name, value)
    }
    request.upload.onprogress = ({ loaded, total }) => {
      clearTimeout(silence)
      silence = setTimeout(cut, loaded < total ? SILENCE : HASHING)
      tell(at + loaded)
    }
    request.onload = () => {
      if (request.status === 204) resolve(Number(request.getResponseHeader('Upload-Offset')))
      else reject(problemFrom(request.status, request.responseText))
    }
    const lost = () => reject(new Problem(0, 'unreachable', 'The server cannot be reached', ''))
    request.onerror = lost
    request.onabort = lost
    request.onloadend = () => {
      clearTimeout(silence)
      removeEventListener('offline', cut)
      signal.removeEventListener('abort', cut)
    }
    // A network that was switched leaves a connection that looks alive.
    addEventListener('offline', cut)
    signal.addEventListener('abort', cut)
    request.send(file.slice(at))
  })
}

/** Tries that are worth another one, with pauses between them that grow until something moves. */
class Tries {
  failed = false
  private wait = FIRST_WAIT

  constructor(
    private readonly signal: AbortSignal,
    private readonly held: () => void,
  ) {}

  moved() {
    this.wait = FIRST_WAIT
  }

  async surely<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work()
      } catch (problem) {
        await this.again(problem)
      }
    }
  }

  /** Returns when it is time for another try; throws what none can mend. */
  async again(problem: unknown) {
    this.signal.throwIfAborted()
    // 409: the server has not noticed yet that the connection before is dead.
    const mends = problem instanceof Problem && (problem.passing || problem.status === 409 || problem.status === 502 || problem.status === 504)
    if (!mends) throw problem
    this.failed = true
    this.held()
    await pause(this.wait, this.signal)
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT)
  }
}

/** So long, or until the network is back. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = (how: () => void) => () => {
      clearTimeout(timer)
      removeEventListener('online', done)
      signal.removeEventListener('abort', stopped)
      how()
    }
    const done = over(resolve)
    const stopped = over(() => reject(signal.reason as Error))
    const timer = setTimeout(done, ms * (0.5 + Math.random() / 2))
    addEventListener('online', done)
    signal.addEventListener('abort', stopped)
  })
}

const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))
