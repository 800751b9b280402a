import type { Artifact, Entry, Message, MessagePage, Part, Status, TaskState, ToolCall, ToolResult } from '../api/types'

/**
 * A chat as it is shown, folded from pages of messages and entries of the journal. Pure: every step gives a new
 * conversation and leaves the old one as it was; what did not change stays the same object, so that React can tell.
 */
export interface Conversation {
  tasks: readonly TaskTurn[]
  /** Everything up to here is in it. */
  offset: number
  /** The id of the message before which older ones can be had. */
  previous?: string
  /** Whether something was taken out that a page must be asked for again to know how. */
  stale: boolean
}

/** One task: what was said in it, in order, and how it stands. */
export interface TaskTurn {
  id: string
  state: TaskState
  items: readonly Item[]
  /** What the newest status says, beside the conversation: progress, or why it failed. */
  note?: string
  recovering?: boolean
  attempt?: number
  /** Its agent was not told what stands up to this offset; known of what came with a page. */
  since?: number
}

export type Kind = 'user' | 'answer' | 'reasoning' | 'call' | 'result' | 'summary' | 'question' | 'cleared' | 'forked'

/** One thing that was said. `offset` is where it was first heard; 0 if it came with a page. */
export interface Item {
  key: string
  messageId: string
  taskId: string
  kind: Kind
  parts: readonly Part[]
  metadata?: Record<string, unknown>
  offset: number
  /** Whether more of it may come. */
  open: boolean
}

export const EMPTY: Conversation = { tasks: [], offset: 0, stale: false }

const ASKING: TaskState[] = ['TASK_STATE_INPUT_REQUIRED', 'TASK_STATE_AUTH_REQUIRED']
const ENDED: TaskState[] = ['TASK_STATE_COMPLETED', 'TASK_STATE_FAILED', 'TASK_STATE_CANCELED', 'TASK_STATE_REJECTED']

export const asks = (task: TaskTurn) => ASKING.includes(task.state)
export const ended = (task: TaskTurn) => ENDED.includes(task.state)
export const under = (task: TaskTurn) => task.state === 'TASK_STATE_WORKING' || asks(task)

/** The tasks that wait for their turn, in order. The first of a chat where nothing is under way is about to start. */
export function queueOf(conversation: Conversation): TaskTurn[] {
  const waiting = conversation.tasks.filter((task) => task.state === 'TASK_STATE_SUBMITTED')
  const last = conversation.tasks.filter((task) => task.state !== 'TASK_STATE_SUBMITTED' && task.items.length > 0).at(-1)
  const held = last?.state === 'TASK_STATE_FAILED'
  return conversation.tasks.some(under) || held ? waiting : waiting.slice(1)
}

export const running = (conversation: Conversation) => conversation.tasks.findLast(under)

export const textOf = (parts: readonly Part[]) => parts.map((part) => part.text ?? '').join('')

export function callsOf(parts: readonly Part[]): ToolCall[] {
  return parts.flatMap((part) => (part.data as { toolCalls?: ToolCall[] } | undefined)?.toolCalls ?? [])
}

export function resultsOf(parts: readonly Part[]): ToolResult[] {
  return parts.flatMap((part) => (part.data as { toolResults?: ToolResult[] } | undefined)?.toolResults ?? [])
}

export interface Marks {
  kind?: string
  /** The call that waits for its user's leave. */
  waits?: ToolCall
  model?: string
  finish?: string
  usage?: { inputTokens?: number; cachedTokens?: number; outputTokens?: number; reasoningTokens?: number; costMicros?: number }
}

export const marksOf = (metadata: Record<string, unknown> | undefined) => (metadata?.millrace ?? {}) as Marks

/** The newest page: what a chat is opened with. */
export function opened(page: MessagePage): Conversation {
  const said = taken(page)
  const since = said.at(-1)?.since ?? 0
  // Cleared, and nothing was sent after it yet.
  const tasks = (page.clearedAt ?? 0) > since && said.length > 0 ? [...said, remark('cleared', page.clearedAt!)] : said
  return { tasks, offset: page.offset, previous: page.previous, stale: false }
}

/** An older page, put before what is there. What is there is newer, and stays. */
export function older(conversation: Conversation, page: MessagePage): Conversation {
  const tasks = taken(page)
  const [first, ...rest] = conversation.tasks
  const last = tasks.at(-1)
  if (first && last && first.id === last.id) {
    // A page may end in the middle of a task.
    const known = new Set(first.items.map((item) => item.key))
    tasks[tasks.length - 1] = { ...first, items: [...last.items.filter((item) => !known.has(item.key)), ...first.items] }
    tasks.push(...rest)
  } else {
    if (first && last && (first.since ?? 0) > (last.since ?? 0)) tasks.push(remark('cleared', first.since!))
    tasks.push(...conversation.tasks)
  }
  return { ...conversation, tasks, previous: page.previous }
}

function taken({ messages, forked }: MessagePage): TaskTurn[] {
  const tasks: TaskTurn[] = forked ? [remark('forked', 1, forked.chatId)] : []
  for (const said of messages) {
    const before = tasks.at(-1)
    const item = itemOf(said.taskId, said.message, 0, said.state === 'TASK_STATE_WORKING')
    const note = said.note && textOf(said.note.parts ?? [])
    if (before?.id === said.taskId) {
      tasks[tasks.length - 1] = { ...before, items: [...before.items, item], note }
    } else {
      if (before && before.items[0]?.kind !== 'forked' && (said.since ?? 0) > (before.since ?? 0)) tasks.push(remark('cleared', said.since!))
      tasks.push({ id: said.taskId, state: said.state, items: [item], note, since: said.since })
    }
  }
  return tasks
}

function itemOf(taskId: string, message: Message, offset: number, open: boolean): Item {
  return {
    key: message.messageId,
    messageId: message.messageId,
    taskId,
    kind: kindOf(taskId, message),
    parts: message.parts ?? [],
    metadata: message.metadata,
    offset,
    open,
  }
}

function kindOf(taskId: string, message: Message): Kind {
  if (message.role === 'ROLE_USER') return 'user'
  const kind = artifactKind(message.metadata)
  // The id of a question may look like an artifact's; calls that an agent does not run itself are for its user.
  const asked = kind === 'answer' && callsOf(message.parts ?? []).length > 0
  return asked || !message.messageId.startsWith(taskId + '/') ? 'question' : kind
}

const KINDS = new Set<string>(['answer', 'reasoning', 'call', 'result', 'summary'])

function artifactKind(metadata: Record<string, unknown> | undefined): Kind {
  const kind = marksOf(metadata).kind
  return kind && KINDS.has(kind) ? (kind as Kind) : 'answer'
}

/** What these entries tell, one after the other. */
export function heard(conversation: Conversation, entries: readonly Entry[]): Conversation {
  let now = conversation
  for (const entry of entries) {
    if (entry.offset > now.offset) {
      now = { ...step(now, entry), offset: entry.offset }
    }
  }
  return now
}

function step(now: Conversation, { offset, taskId, event }: Entry): Conversation {
  if (event.task) {
    const { id, status, history = [], artifacts = [] } = event.task
    const known = now.tasks.findLast((task) => task.id === id)
    let task: TaskTurn = { id, state: status.state, items: history.map((message) => itemOf(id, message, offset, false)) }
    for (const artifact of artifacts) task = grown(task, artifact, false, offset, true)
    if (known) {
      // A task that is told again is another wording of a message that waits: what was said beside it stays.
      const said = new Set(task.items.map((item) => item.key))
      task = { ...known, ...task, items: [...task.items, ...known.items.filter((item) => item.kind !== 'user' && !said.has(item.key))] }
    }
    return put(now, noted(task, status, offset))
  }
  if (event.statusUpdate) {
    const { status, metadata } = event.statusUpdate
    return change(now, event.statusUpdate.taskId, (task) => {
      const next = noted({ ...task, state: status.state }, status, offset)
      const recovering = metadata?.recovering === true
      return { ...next, recovering, attempt: recovering ? Number(metadata?.attempt ?? 0) : undefined }
    })
  }
  if (event.artifactUpdate) {
    const { artifact, append, lastChunk } = event.artifactUpdate
    return change(now, event.artifactUpdate.taskId, (task) => grown(task, artifact, append ?? false, offset, lastChunk ?? false))
  }
  if (event.message && taskId) {
    const message = event.message
    return change(now, taskId, (task) => added(task, itemOf(taskId, message, offset, false)))
  }
  if (event.queue) return reordered(now, event.queue.taskIds, event.queue.deleted)
  if (event.rewound) return rewound(now, event.rewound.tasks)
  if (event.cleared) return put(now, remark('cleared', offset))
  if (event.forked) return put(now, remark('forked', offset, event.forked.chatId))
  return now
}

/** What stands between the tasks; it is a task of its own that has long ended. */
function remark(kind: 'cleared' | 'forked', offset: number, chat = ''): TaskTurn {
  const id = `${kind}-${offset}`
  const parts = chat ? [{ text: chat }] : []
  return {
    id,
    state: 'TASK_STATE_COMPLETED',
    items: [{ key: id, messageId: id, taskId: id, kind, parts, offset, open: false }],
  }
}

function put(now: Conversation, task: TaskTurn): Conversation {
  // What changes is near the end.
  const at = now.tasks.findLastIndex((each) => each.id === task.id)
  return { ...now, tasks: at < 0 ? [...now.tasks, task] : now.tasks.with(at, task) }
}

function change(now: Conversation, taskId: string, how: (task: TaskTurn) => TaskTurn): Conversation {
  const at = now.tasks.findLastIndex((task) => task.id === taskId)
  // A task that is not there began before the page that was loaded, and is over in what is seen: it comes with its page.
  const task = now.tasks[at] ?? { id: taskId, state: 'TASK_STATE_WORKING' as const, items: [] }
  return put(now, how(task))
}

function added(task: TaskTurn, item: Item): TaskTurn {
  const at = task.items.findIndex((each) => each.key === item.key)
  return { ...task, items: at < 0 ? [...task.items, item] : task.items.with(at, item) }
}

/** A question and an answer are a part of the conversation; progress and failures are told beside it. */
function noted(task: TaskTurn, status: Status, offset: number): TaskTurn {
  const items = ended({ ...task, state: status.state }) && task.items.some((item) => item.open) ? task.items.map(closed) : task.items
  const calm: TaskTurn = { ...task, items, note: undefined, recovering: undefined, attempt: undefined }
  const message = status.message
  if (!message) return calm
  if (message.role === 'ROLE_USER' || ASKING.includes(status.state)) {
    const item = itemOf(task.id, message, offset, false)
    return added(calm, item.kind === 'user' ? item : { ...item, kind: 'question' })
  }
  return { ...calm, note: textOf(message.parts ?? []) }
}

const closed = (item: Item): Item => (item.open ? { ...item, open: false } : item)

function grown(task: TaskTurn, artifact: Artifact, append: boolean, offset: number, last: boolean): TaskTurn {
  const key = `${task.id}/${artifact.artifactId}`
  const at = task.items.findIndex((item) => item.key === key)
  const before = at < 0 ? undefined : task.items[at]
  const metadata = { ...(append ? before?.metadata : {}), ...artifact.metadata }
  const item: Item = {
    key,
    messageId: key,
    taskId: task.id,
    kind: artifactKind(metadata),
    parts: append && before ? joined(before.parts, artifact.parts) : joined([], artifact.parts),
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
    offset: before?.offset ?? offset,
    open: !last && !ended(task),
  }
  return { ...task, items: at < 0 ? [...task.items, item] : task.items.with(at, item) }
}

/** Texts that follow each other are one text. */
function joined(before: readonly Part[], more: readonly Part[] = []): Part[] {
  const parts = [...before]
  for (const part of more) {
    const last = parts.at(-1)
    const plain = part.text !== undefined && last?.text !== undefined
    if (plain) parts[parts.length - 1] = { ...last, text: last.text! + part.text! }
    else parts.push(part)
  }
  return parts
}

/** The tasks that wait take, in this order, the places that they have among all. */
function reordered(now: Conversation, taskIds: string[], deleted?: string): Conversation {
  const tasks = now.tasks.filter((task) => task.id !== deleted)
  const order = taskIds.flatMap((id) => tasks.find((task) => task.id === id) ?? [])
  const named = new Set(order.map((task) => task.id))
  let next = 0
  return { ...now, tasks: tasks.map((task) => (named.has(task.id) ? order[next++]! : task)) }
}

function rewound(now: Conversation, cuts: { taskId: string; from: number; gone?: boolean }[]): Conversation {
  const cutAt = new Map(cuts.map((cut) => [cut.taskId, cut]))
  let stale = now.stale
  const tasks = now.tasks.flatMap((task) => {
    const cut = cutAt.get(task.id)
    if (!cut) return [task]
    if (cut.gone) return []
    // What came with a page has no offset: only the server knows what is left of it.
    stale ||= task.items.some((item) => item.offset === 0)
    return [{ ...task, items: task.items.filter((item) => item.offset < cut.from) }]
  })
  return { ...now, tasks, stale }
}
