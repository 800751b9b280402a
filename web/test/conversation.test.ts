import { describe, expect, test } from 'vitest'
import { EMPTY, heard, older, opened, queueOf, textOf, type Conversation } from '../src/chat/conversation'
import { rowsOf } from '../src/chat/rows'
import type { Entry, Said, StreamEvent, TaskState } from '../src/api/types'

const entry = (offset: number, event: StreamEvent, taskId?: string): Entry => ({ offset, taskId, event })
const submitted = (offset: number, id: string, text: string): Entry =>
  entry(offset, { task: { id, contextId: 'c', status: { state: 'TASK_STATE_SUBMITTED' }, history: [{ messageId: `m-${id}`, role: 'ROLE_USER', parts: [{ text }] }] } }, id)
const state = (offset: number, taskId: string, now: TaskState, more: object = {}): Entry => entry(offset, { statusUpdate: { taskId, status: { state: now }, ...more } }, taskId)
const chunk = (offset: number, taskId: string, text: string, append = true): Entry =>
  entry(offset, { artifactUpdate: { taskId, artifact: { artifactId: 'answer', parts: [{ text }] }, append } }, taskId)

const said = (taskId: string, messageId: string, text: string, role: 'ROLE_USER' | 'ROLE_AGENT' = 'ROLE_USER'): Said => ({
  taskId,
  state: 'TASK_STATE_COMPLETED',
  message: { messageId, role, parts: [{ text }] },
})

const texts = (conversation: Conversation) => conversation.tasks.flatMap((task) => task.items.map((item) => textOf(item.parts)))

describe('a conversation', () => {
  const begun = heard(EMPTY, [submitted(1, 't1', 'hello'), state(2, 't1', 'TASK_STATE_WORKING'), chunk(3, 't1', 'Echo: ', false), chunk(4, 't1', 'hel')])

  test('grows by chunks', () => {
    expect(texts(heard(begun, [chunk(5, 't1', 'lo')]))).toEqual(['hello', 'Echo: hello'])
  })

  test('hears each entry once, however often it comes', () => {
    expect(heard(begun, [chunk(3, 't1', 'Echo: ', false), chunk(4, 't1', 'hel')])).toEqual(begun)
  })

  test('has its partial text replaced by the whole, when chunks were merged or a lost attempt begins anew', () => {
    expect(texts(heard(begun, [chunk(9, 't1', 'Echo: hello', false)]))).toEqual(['hello', 'Echo: hello'])
  })

  test('leaves what did not change as the same objects', () => {
    const grown = heard(heard(begun, [state(5, 't1', 'TASK_STATE_COMPLETED'), submitted(6, 't2', 'next')]), [chunk(7, 't2', 'more', false)])
    const again = heard(grown, [chunk(8, 't2', ' and more')])
    expect(again.tasks[0]).toBe(grown.tasks[0])
    expect(again.tasks[1]!.items[0]).toBe(grown.tasks[1]!.items[0])
    expect(again.tasks[1]!.items[1]).not.toBe(grown.tasks[1]!.items[1])
  })

  test('says that a lost server’s task goes on, until it does', () => {
    const lost = heard(begun, [state(5, 't1', 'TASK_STATE_WORKING', { metadata: { recovering: true, attempt: 2 } })])
    expect(lost.tasks[0]).toMatchObject({ recovering: true, attempt: 2 })
    expect(heard(lost, [state(6, 't1', 'TASK_STATE_COMPLETED')]).tasks[0]!.recovering).toBe(false)
  })

  test('goes on from a page without a gap', () => {
    const page = opened({ messages: [said('t1', 'm-t1', 'hello'), said('t1', 't1/answer', 'Echo: hel', 'ROLE_AGENT')], offset: 4, previous: 'm-t1' })
    expect(texts(heard(page, [chunk(5, 't1', 'lo')]))).toEqual(['hello', 'Echo: hello'])
  })

  test('knows from a page why a task failed, as the stream had told it', () => {
    const why: Said = { ...said('t1', 'm-t1', 'fail'), state: 'TASK_STATE_FAILED', note: { messageId: 'n', role: 'ROLE_AGENT', parts: [{ text: 'no such key' }] } }
    expect(opened({ messages: [why], offset: 4 }).tasks[0]!.note).toBe('no such key')
  })

  test('knows from its pages where it was cleared and that it was forked, wherever they are cut', () => {
    const after = (since: number, message: Said): Said => ({ ...message, since })
    const zero = said('t0', 'm-t0', 'zero')
    const one = after(5, said('t1', 'm-t1', 'one'))
    const two = after(5, said('t2', 'm-t2', 'two'))
    const kinds = (conversation: Conversation) => conversation.tasks.map((task) => task.items[0]!.kind)
    expect(kinds(opened({ messages: [zero, one, two], offset: 9, clearedAt: 5 }))).toEqual(['user', 'cleared', 'user', 'user'])
    const cut = older(opened({ messages: [one, two], offset: 9, clearedAt: 9, previous: 'm-t1' }), { messages: [zero], offset: 9, forked: { chatId: 'c0' } })
    expect(kinds(cut)).toEqual(['forked', 'user', 'cleared', 'user', 'user', 'cleared'])
    expect(texts(cut)[0]).toBe('c0')
  })

  test('takes older pages before what it has, also in the midst of a task', () => {
    const page = opened({ messages: [said('t1', 't1/answer', 'Echo', 'ROLE_AGENT'), said('t2', 'm-t2', 'two')], offset: 9, previous: 't1/answer' })
    const all = older(page, { messages: [said('t0', 'm-t0', 'zero'), said('t1', 'm-t1', 'one')], offset: 9 })
    expect(texts(all)).toEqual(['zero', 'one', 'Echo', 'two'])
    expect(all.tasks.map((task) => task.id)).toEqual(['t0', 't1', 't2'])
    expect(all.previous).toBeUndefined()
  })
})

test('a question is told from an artifact by its calls, also when it came with a page', () => {
  const call = { id: 'c1', name: 'now', arguments: {} }
  const asked = opened({ messages: [{ ...said('t1', 't1/q', '', 'ROLE_AGENT'), message: { messageId: 't1/q', role: 'ROLE_AGENT', parts: [{ data: { toolCalls: [call] } }] } }], offset: 1 })
  expect(asked.tasks[0]!.items[0]!.kind).toBe('question')
})

describe('a queue', () => {
  const busy = heard(EMPTY, [submitted(1, 't1', 'one'), state(2, 't1', 'TASK_STATE_WORKING'), submitted(3, 't2', 'two'), submitted(4, 't3', 'three')])
  const waiting = (conversation: Conversation) => queueOf(conversation).map((task) => task.id)

  test('is what waits behind what runs, and is not among the messages', () => {
    expect(waiting(busy)).toEqual(['t2', 't3'])
    expect(rowsOf(busy).map((row) => row.task.id)).toEqual(['t1', 't1'])
  })

  test('is put in another order', () => {
    expect(waiting(heard(busy, [entry(5, { queue: { taskIds: ['t3', 't2'] } })]))).toEqual(['t3', 't2'])
  })

  test('loses what is taken back', () => {
    expect(waiting(heard(busy, [entry(5, { queue: { taskIds: ['t3'], deleted: 't2' } })]))).toEqual(['t3'])
  })

  test('has what is said otherwise', () => {
    const changed = heard(busy, [submitted(5, 't2', 'two and a half')])
    expect(textOf(queueOf(changed)[0]!.items[0]!.parts)).toBe('two and a half')
  })

  test('does not have the first message of a chat, which is about to start', () => {
    expect(waiting(heard(EMPTY, [submitted(1, 't1', 'one')]))).toEqual([])
  })

  test('is held by what failed', () => {
    expect(waiting(heard(busy, [state(5, 't1', 'TASK_STATE_FAILED')]))).toEqual(['t2', 't3'])
  })
})

describe('what is taken back', () => {
  const two = heard(EMPTY, [submitted(1, 't1', 'one'), chunk(2, 't1', 'Echo: one', false), state(3, 't1', 'TASK_STATE_COMPLETED'), submitted(4, 't2', 'two')])

  test('is gone', () => {
    expect(texts(heard(two, [entry(5, { rewound: { messageId: 'm-t2', tasks: [{ taskId: 't2', from: 4, gone: true }] } })]))).toEqual(['one', 'Echo: one'])
  })

  test('is cut where it was heard', () => {
    const cut = heard(two, [entry(5, { rewound: { messageId: 'x', tasks: [{ taskId: 't1', from: 2 }] } })])
    expect(cut.tasks[0]!.items.map((item) => textOf(item.parts))).toEqual(['one'])
    expect(cut.stale).toBe(false)
  })

  test('is asked for again where only the server knows what is left', () => {
    const page = opened({ messages: [said('t1', 'm-t1', 'one')], offset: 4 })
    expect(heard(page, [entry(5, { rewound: { messageId: 'x', tasks: [{ taskId: 't1', from: 2 }] } })]).stale).toBe(true)
  })
})

test('ten thousand messages are folded in well under a second', () => {
  const messages = Array.from({ length: 10_000 }, (_, i) => said(`t${i}`, `m${i}`, `message ${i}`))
  const begin = performance.now()
  const page = opened({ messages, offset: 1 })
  const rows = rowsOf(heard(page, [submitted(2, 'new', 'x'), chunk(3, 'new', 'y', false)]))
  expect(rows.length).toBeGreaterThan(10_000)
  // Some 40 ms here; a quadratic fold takes minutes.
  expect(performance.now() - begin).toBeLessThan(5000)
})
