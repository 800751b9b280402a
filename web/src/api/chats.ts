import { ask, tell, tellSurely } from './http'
import type { Agents, Chat, ChatPage, Choice, MessagePage, Model, Part, Sent, Session, ToolResult, Usage } from './types'

const ROOT = '/api/v1'
const at = (chat: string) => `${ROOT}/chats/${encodeURIComponent(chat)}`

export interface Filter {
  q?: string
  archived?: boolean
  label?: string
}

export interface Draft {
  messageId: string
  parts: Part[]
  metadata?: Record<string, unknown>
}

export const streamOf = (chat: string) => `${at(chat)}/stream`
export const WATCH = `${ROOT}/chats:watch`

export function listChats(filter: Filter, after?: string): Promise<ChatPage> {
  const query = new URLSearchParams({ limit: '100', archived: String(filter.archived ?? false) })
  if (filter.q) query.set('q', filter.q)
  if (filter.label) query.set('label', filter.label)
  if (after) query.set('after', after)
  return ask(`${ROOT}/chats?${query}`)
}

export const getChat = (chat: string) => ask<Chat>(at(chat))

export const beginChat = (message: Draft, agent: string | undefined, choice: Choice) =>
  tellSurely<Sent & { chat: Chat }>('POST', `${ROOT}/chats`, { message, agent, ...choice }, message.messageId)

export const patchChat = (chat: string, change: Partial<Pick<Chat, 'title' | 'labels' | 'archived' | 'readTo'>> & { pin?: number | null }) =>
  tell<Chat>('PATCH', at(chat), change)

export const deleteChat = (chat: string) => tell<void>('DELETE', at(chat))

export function getMessages(chat: string, before?: string): Promise<MessagePage> {
  const query = new URLSearchParams({ limit: '100' })
  if (before) query.set('before', before)
  return ask(`${at(chat)}/messages?${query}`)
}

export const send = (chat: string, message: Draft, choice: Choice, interrupt: boolean) =>
  tellSurely<Sent>('POST', `${at(chat)}/messages`, { message, ...choice, ...(interrupt ? { busy: 'interrupt' } : {}) }, message.messageId)

export const answer = (chat: string, taskId: string, message: Draft) =>
  tellSurely<Sent>('POST', `${at(chat)}/messages`, { message: { ...message, taskId } }, message.messageId)

export const editMessage = (chat: string, messageId: string, parts: Part[]) =>
  tell<Sent>('PATCH', `${at(chat)}/messages/${encodeURIComponent(messageId)}`, { message: { parts } })

export const giveResults = (chat: string, taskId: string, results: ToolResult[]) =>
  tell<Sent>('POST', `${at(chat)}/tool-results`, { taskId, results })

export const orderQueue = (chat: string, taskIds: string[]) => tell<unknown>('PUT', `${at(chat)}/queue`, { taskIds })
export const editQueued = (chat: string, task: string, parts: Part[]) =>
  tell<Sent>('PATCH', `${at(chat)}/queue/${task}`, { message: { parts } })
export const dropQueued = (chat: string, task: string) => tell<void>('DELETE', `${at(chat)}/queue/${task}`)
export const promote = (chat: string, task: string) => tell<Sent>('POST', `${at(chat)}/queue/${task}:promote`)

export const interrupt = (chat: string) => tell<{ interrupted: boolean }>('POST', `${at(chat)}:interrupt`)
export const retry = (chat: string) => tell<Sent>('POST', `${at(chat)}:retry`)
export const clear = (chat: string) => tell<Chat>('POST', `${at(chat)}:clear`)
export const compact = (chat: string) => tell<Sent>('POST', `${at(chat)}:compact`)
export const fork = (chat: string, messageId?: string) => tell<Chat>('POST', `${at(chat)}:fork`, messageId ? { messageId } : {})

export const usage = (chat: string) => ask<Usage>(`${at(chat)}/usage`)
export const usageOfAll = () => ask<Usage>(`${ROOT}/usage`)
export const agents = () => ask<Agents>(`${ROOT}/agents`)
export const models = () => ask<{ models: Model[] }>(`${ROOT}/models`)

export const session = () => ask<Session>(`${ROOT}/session`)
export const logIn = (secret: string) => tell<Session>('POST', `${ROOT}/session`, { secret })
export const logOut = () => tell<void>('DELETE', `${ROOT}/session`)
