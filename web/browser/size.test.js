import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { missing, until } from './house.js'
import { house, read, say } from './page.js'
import { longChat, manyChats, textsOf, walker } from './size.js'

// A small form of it is part of ./millrace test. MILLRACE_SIZE=5 npm run size: 10,000 messages and 5,000 chats, in some
// minutes.
const SIZE = Number(process.env.MILLRACE_SIZE ?? 0.3)
const MESSAGES = 2_000 * SIZE
const CHATS = 1_000 * SIZE
/** What a screen holds and what is drawn beyond it, with room to spare; of thousands, it is nothing. */
const ROWS = 60

/** How long the frames took while it scrolled. Printed, not asserted: what else the machine does is in them. */
function tell(what, frames) {
  const sorted = [...frames].sort((a, b) => a - b)
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1)
  console.log(`${what}: ${sorted.length} frames, half in ${at(0.5)} ms, 95 % in ${at(0.95)} ms, 99 % in ${at(0.99)} ms, the longest in ${at(1)} ms`)
}

describe('the page holds much', { skip: missing }, () => {
  let it
  before(async () => (it = await house(() => 'limits: {queued: 100}', true)))
  after(async () => {
    await it?.close()
    assert.deepEqual(it.complaints, [])
  })

  /** Whether these stand in all one after the other; where. */
  const placeOf = (shown, all) => all.findIndex((_, at) => shown.every((text, i) => all[at + i] === text))

  test(`${MESSAGES} messages: all are there, in order, and few are in the document`, async () => {
    const id = await longChat(it.server, MESSAGES)
    const all = await textsOf(it.server, id)
    assert.equal(all.length, MESSAGES)
    const page = await it.open(`/chats/${id}`)
    await page.evaluate(walker)
    const onScreen = () => page.evaluate(() => window.onScreen('.messages'))
    await until('the newest is shown', async () => (await onScreen()).at(-1) === all.at(-1))

    // Up to the first, by the wheel's way; each page of older ones comes when it is near.
    const up = await page.evaluate((first) => window.walk('.messages', true, first), all[0])
    assert.equal((await onScreen())[0], all[0], 'the first is at the top')
    // Down again, past every one.
    const down = await page.evaluate((last) => window.walk('.messages', false, last), all.at(-1))
    assert.deepEqual(down.seen, all)
    assert.equal((await onScreen()).at(-1), all.at(-1), 'the last is at the bottom')
    assert.ok(Math.max(up.most, down.most) <= ROWS, `${up.most}, ${down.most} rows in the document`)

    // Into the middle at once, as a hand on the scroll bar does.
    await page.evaluate(() => {
      const box = document.querySelector('.messages')
      box.scrollTop = (box.scrollHeight - box.clientHeight) / 2
    })
    await until('rows in the middle', async () => {
      const shown = await onScreen()
      const at = shown.length > 2 ? placeOf(shown, all) : -1
      return at > MESSAGES / 4 && at < (MESSAGES * 3) / 4 && shown
    })
    tell(`${MESSAGES} messages, a screen and a half in each frame`, down.frames)
    tell(`${MESSAGES} messages, 60 pixels in each frame`, await page.evaluate(() => window.glide('.messages', -60, 300)))
    const there = await onScreen()
    // Who reads there stays there while somebody speaks below.
    await it.server.api('POST', `/api/v1/chats/${id}/messages`, { message: { parts: [{ text: 'one more' }] } })
    await until('it has its answer', async () => (await it.server.api('GET', `/api/v1/chats/${id}`)).status === 'idle')
    assert.deepEqual(await onScreen(), there)
    await page.getByRole('button', { name: 'To the newest message' }).click()
    await read(page, 'Echo: one more').waitFor()
    await say(page, 'the last of all')
    await read(page, 'Echo: the last of all').waitFor()
  })

  test(`${CHATS} chats: the list has them all, the newest first, and few are in the document`, async () => {
    await manyChats(it.server, CHATS)
    const page = await it.open('/')
    await page.evaluate(walker)
    const titles = []
    const times = new Map()
    for (let after = ''; ; ) {
      const shelf = await it.server.api('GET', `/api/v1/chats?limit=100${after && `&after=${after}`}`)
      for (const chat of shelf.chats) {
        titles.push(chat.title)
        times.set(chat.title, chat.updatedAt)
      }
      if (!shelf.next) break
      after = encodeURIComponent(shelf.next)
    }
    assert.ok(titles.length >= CHATS)
    await page.getByRole('navigation', { name: 'Chats' }).getByText(titles[0], { exact: true }).waitFor()
    const down = await page.evaluate((last) => window.walk('.list-scroll', false, last), titles.at(-1))
    assert.deepEqual([...down.seen].sort(), [...titles].sort(), 'each is there once')
    // Which of one millisecond is the newer one the API does not tell; the server knows it more exactly than the page.
    const timesDown = down.seen.map((title) => times.get(title))
    assert.deepEqual(timesDown, [...timesDown].sort().reverse())
    assert.ok(down.most <= ROWS, `${down.most} rows in the document`)
    tell(`${CHATS} chats, a screen and a half in each frame`, down.frames)
    tell(`${CHATS} chats, 60 pixels in each frame`, await page.evaluate(() => window.glide('.list-scroll', -60, 300)))
    // A chat that comes now stands at the top, of however many.
    await it.server.api('POST', '/api/v1/chats', { agent: 'echo', title: 'The newest', message: { parts: [{ text: 'x' }] } })
    const up = await page.evaluate(() => window.walk('.list-scroll', true, 'The newest'))
    assert.equal((await page.evaluate(() => window.onScreen('.list-scroll')))[0], 'The newest')
    assert.ok(up.most <= ROWS, `${up.most} rows in the document`)
  })
})
