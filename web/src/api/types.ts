// The words of the chat API and of A2A, as docs/api/chat.md and docs/api/a2a.md say them.

export type TaskState =
  | 'TASK_STATE_SUBMITTED'
  | 'TASK_STATE_WORKING'
  | 'TASK_STATE_INPUT_REQUIRED'
  | 'TASK_STATE_AUTH_REQUIRED'
  | 'TASK_STATE_COMPLETED'
  | 'TASK_STATE_FAILED'
  | 'TASK_STATE_CANCELED'
  | 'TASK_STATE_REJECTED'

export interface ToolCall {
  id: string
  name: string
  arguments: Record<string, unknown>
}

export interface ToolResult {
  id: string
  result?: unknown
  error?: string
}

/** One part of a message or an artifact: a text, a file (by its address or in itself), or data. */
export interface Part {
  text?: string
  url?: string
  raw?: string
  data?: unknown
  filename?: string
  mediaType?: string
  metadata?: Record<string, unknown>
}

export interface Message {
  messageId: string
  taskId?: string
  contextId?: string
  role: 'ROLE_USER' | 'ROLE_AGENT'
  parts: Part[]
  metadata?: Record<string, unknown>
}

export interface Artifact {
  artifactId: string
  name?: string
  parts: Part[]
  metadata?: Record<string, unknown>
}

export interface Status {
  state: TaskState
  timestamp?: string
  message?: Message
}

export interface Task {
  id: string
  contextId: string
  status: Status
  history?: Message[]
  artifacts?: Artifact[]
}

export interface StreamEvent {
  task?: Task
  message?: Message
  statusUpdate?: { taskId: string; status: Status; metadata?: Record<string, unknown> }
  artifactUpdate?: { taskId: string; artifact: Artifact; append?: boolean; lastChunk?: boolean }
  queue?: { taskIds: string[]; deleted?: string }
  rewound?: { messageId: string; tasks: { taskId: string; from: number; gone?: boolean }[] }
  cleared?: object
  forked?: { chatId: string; messageId?: string }
  chat?: Partial<Chat>
}

/** One entry of a chat's journal. */
export interface Entry {
  offset: number
  taskId?: string
  event: StreamEvent
}

export type ChatStatus = 'running' | 'waiting' | 'action-required' | 'failed' | 'idle'

export interface Chat {
  id: string
  title?: string
  parent?: string
  labels?: Record<string, string>
  pin?: number
  archived?: boolean
  recovering?: boolean
  toolCalls?: (ToolCall & { taskId: string })[]
  unread: boolean
  readTo: number
  agent: string
  status: ChatStatus
  queued: number
  createdAt: string
  updatedAt: string
  lastOffset: number
}

export interface ChatPage {
  chats: Chat[]
  next?: string
  total: number
  offset: number
}

/** One entry of the list's watch. */
export interface ListEntry {
  offset: number
  kind: 'created' | 'status' | 'title' | 'updated' | 'unread' | 'deleted'
  chat: Chat
}

/** A message as a page of messages has it. */
export interface Said {
  taskId: string
  state: TaskState
  message: Message
  /** With the last message of its task: what the task's newest status says beside the conversation. */
  note?: Message
  /** The task's agent was not told what stands up to this offset. */
  since?: number
}

export interface MessagePage {
  messages: Said[]
  previous?: string
  next?: string
  /** What is sent from now on is not told what stands up to this offset. */
  clearedAt?: number
  /** Where this chat began, on the page that begins it. */
  forked?: { chatId: string; messageId?: string }
  offset: number
}

export interface Usage {
  waitedMs: number
  workedMs: number
  askedMs: number
  inputTokens: number
  outputTokens: number
  costMicros: number
}

export interface Sent {
  taskId: string
  offset: number
  state: TaskState
  queued: boolean
}

export interface Model {
  id: string
  agent: string
  default: boolean
  provider: string
  name: string
  effort?: string
  maxEffort?: string
}

export interface Agents {
  agents: { name: string; description: string }[]
  default: string
}

/** What is chosen with a message. */
export interface Choice {
  model?: string
  effort?: string
}

export interface Session {
  asks: boolean
  ways?: string[]
  /** Where a login at the issuer's page begins. */
  login?: string
  owner?: string
}

/** A file that was given to the server. */
export interface Given {
  id: string
  name: string
  mediaType: string
  size: number
  url: string
}
