import { callsOf, ended, marksOf, queueOf, resultsOf, under, type Conversation, type Item, type TaskTurn } from './conversation'
import type { ToolResult } from '../api/types'

/** What stands in the list of messages, one below the other. */
export type Row =
  | { key: string; row: 'said'; item: Item; task: TaskTurn }
  | { key: string; row: 'call'; item: Item; results: readonly ToolResult[]; task: TaskTurn }
  | { key: string; row: 'tail'; task: TaskTurn; last: boolean }

const NONE: readonly ToolResult[] = []

/** The rows of a conversation; what waits in the queue is shown elsewhere. */
export function rowsOf(conversation: Conversation): Row[] {
  const waiting = new Set(queueOf(conversation).map((task) => task.id))
  const shown = conversation.tasks.filter((task) => !waiting.has(task.id))
  const rows: Row[] = []
  shown.forEach((task, i) => {
    rows.push(...itemsOf(task))
    const last = i === shown.length - 1
    if (hasTail(task, last)) rows.push({ key: `${task.id} tail`, row: 'tail', task, last })
  })
  return rows
}

/** A task that did not change has the rows that it had: of ten thousand, a word that comes makes one anew. */
const known = new WeakMap<TaskTurn, readonly Row[]>()

function itemsOf(task: TaskTurn): readonly Row[] {
  const before = known.get(task)
  if (before) return before
  const results = task.items.some((item) => item.kind === 'result') ? task.items.filter((item) => item.kind === 'result').flatMap((item) => resultsOf(item.parts)) : NONE
  const rows: Row[] = []
  // A call that waited for leave and has it is told again as one that runs.
  const made = new Set(task.items.filter((item) => item.kind === 'call').flatMap((item) => callsOf(item.parts).map((call) => call.id)))
  for (const item of task.items) {
    if (made.has(marksOf(item.metadata).waits?.id ?? '')) continue
    if (item.kind === 'call') rows.push({ key: item.key, row: 'call', item, results: belonging(item, results), task })
    else if (item.kind !== 'result' && !silent(item)) rows.push({ key: item.key, row: 'said', item, task })
  }
  known.set(task, rows)
  return rows
}

function belonging(item: Item, results: readonly ToolResult[]): readonly ToolResult[] {
  if (results.length === 0) return NONE
  const waits = marksOf(item.metadata).waits
  const ids = new Set((waits ? [waits] : callsOf(item.parts)).map((call) => call.id))
  return results.filter((result) => ids.has(result.id))
}

/** Results of tools stand with their calls, and a question that is only a call is a form as long as it waits. */
function silent(item: Item): boolean {
  if (item.kind === 'user') return resultsOf(item.parts).length > 0 && item.parts.every((part) => !part.text)
  return item.kind === 'question' && item.parts.every((part) => !part.text)
}

function hasTail(task: TaskTurn, last: boolean): boolean {
  return under(task) || task.state === 'TASK_STATE_SUBMITTED' || (ended(task) && task.state !== 'TASK_STATE_COMPLETED') || (last && task.note !== undefined)
}
