/** What the server says is wrong (RFC 9457). `status` is 0 where no server answered. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    readonly title: string,
    readonly detail: string,
  ) {
    super(detail || title)
  }

  /** Whether the same request may go well if it is sent again. */
  get passing(): boolean {
    return this.status === 0 || this.status === 503 || this.status === 429
  }
}

const unreachable = () => new Problem(0, 'unreachable', 'The server cannot be reached', 'It will be tried again.')

/** Who wants to know that the server asks who this is. */
export const strangers = new EventTarget()

export const problemOf = async (response: Response): Promise<Problem> => problemFrom(response.status, await response.text().catch(() => ''))

export function problemFrom(status: number, body: string): Problem {
  if (status === 401) {
    strangers.dispatchEvent(new Event('stranger'))
  }
  const said = parsed(body)
  const type = String(said.type ?? '').replace('urn:millrace:problem:', '')
  return new Problem(status, type, said.title ?? `HTTP ${status}`, said.detail ?? '')
}

function parsed(body: string): { type?: string; title?: string; detail?: string } {
  try {
    return JSON.parse(body) ?? {}
  } catch {
    return {}
  }
}

export async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(path, init).catch(() => {
    throw unreachable()
  })
  if (!response.ok) {
    throw await problemOf(response)
  }
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T)
}

export function tell<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
  return ask<T>(path, {
    method,
    headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Tells it again until an answer comes. Only for what the server does once however often it hears it: with an
 * Idempotency-Key, or a message's own id.
 */
export async function tellSurely<T>(
  method: string,
  path: string,
  body: unknown,
  key: string,
  signal?: AbortSignal,
): Promise<T> {
  for (let wait = 250; ; wait = Math.min(wait * 2, 5000)) {
    try {
      return await tell<T>(method, path, body, { 'Idempotency-Key': key })
    } catch (problem) {
      const again = problem instanceof Problem && (problem.status === 0 || problem.type === 'unavailable')
      if (!again || signal?.aborted) {
        throw problem
      }
      await pause(wait)
    }
  }
}
