import { describe, expect, test } from 'vitest'
import { labelsOf } from '../src/chat/ChatHead'
import { ago, filterOf } from '../src/list/ChatList'
import { isNews, ordered } from '../src/list/shelf'
import { between, quantile, timeOf, type StageCount } from '../src/inside/stages'
import type { Chat } from '../src/api/types'

const chat = (id: string, updatedAt: string, more: Partial<Chat> = {}): Chat => ({
  id, updatedAt, unread: false, readTo: 0, agent: 'a', status: 'idle', queued: 0, createdAt: updatedAt, lastOffset: 1, ...more,
})

describe('the list', () => {
  test('has the pinned first, by their pins, and then the newest', () => {
    const all = [chat('old', '2026-01-01T00:00:00Z'), chat('new', '2026-01-03T00:00:00Z'), chat('p2', '2026-01-01T00:00:00Z', { pin: 2 }), chat('p1', '2026-01-01T00:00:00Z', { pin: 1 })]
    expect(ordered(all).map((each) => each.id)).toEqual(['p1', 'p2', 'new', 'old'])
  })

  test('has neither archived chats nor parts of others', () => {
    expect(ordered([chat('a', 'x', { archived: true }), chat('b', 'x', { parent: 'c' })])).toEqual([])
  })

  test('does not take an answer for news that the watch has overtaken', () => {
    const begun = chat('a', 'x', { status: 'waiting', lastOffset: 1 })
    const asks = chat('a', 'x', { status: 'action-required', lastOffset: 3 })
    expect([isNews(undefined, begun), isNews(begun, asks), isNews(asks, begun), isNews(asks, { ...asks, title: 't' })]).toEqual([true, true, false, true])
  })

  test('is searched by words and a label', () => {
    expect(filterOf('mill label:about:water wheel', false)).toEqual({ archived: false, q: 'mill  wheel', label: 'about:water' })
    expect(filterOf('', true)).toEqual({ archived: true })
  })

  test('says how long ago', () => {
    const now = Date.parse('2026-01-02T00:00:00Z')
    expect(ago('2026-01-01T23:59:50Z', now)).toBe('now')
    expect(ago('2026-01-01T23:00:00Z', now)).toMatch(/1/)
  })

  test('reads labels as they are written', () => {
    expect(labelsOf('about:water, team:a:b,')).toEqual({ about: 'water', team: 'a:b' })
  })
})

describe('the time of a stage', () => {
  const stage = (count: number, ...counts: number[]): StageCount => ({
    stage: 'commit', count, totalMicros: count * 100, buckets: counts.map((each, i) => ({ upToMicros: 100 * (i + 1), count: each })),
  })

  test('is read from its buckets', () => {
    expect(quantile(stage(10, 5, 10), 0.5)).toBe(100)
    expect(quantile(stage(10, 0, 10), 0.5)).toBe(150)
    expect(quantile(stage(0, 0, 0), 0.5)).toBe(0)
    expect(quantile(stage(10, 0, 5), 0.99)).toBe(200)
  })

  test('is that of what came between two looks', () => {
    const recent = between(stage(10, 10, 10), stage(20, 10, 20))
    expect(timeOf(recent)).toMatchObject({ count: 10, p50: 150, mean: 100 })
    expect(between(stage(5, 5, 5), stage(5, 5, 5)).count).toBe(5)
  })
})
