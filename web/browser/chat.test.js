import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { missing, until } from './house.js'
import { composer, house, lastAnswer, read, say, slowChat } from './page.js'

describe('a chat', { skip: missing }, () => {
  let it
  before(async () => (it = await house()))
  after(async () => {
    await it?.close()
    assert.deepEqual(it.complaints, [])
  })

  test('streams an answer with its thoughts, a table, code, and what it took', async () => {
    const page = await it.open()
    await say(page, 'think about a millrace')
    await read(page, 'says where it stopped').waitFor()
    assert.match(page.url(), /\/chats\//)
    assert.equal(await page.locator('.prose table th').count(), 3)
    await page.locator('.hljs-keyword').first().waitFor()
    await page.getByText('Thought', { exact: true }).click()
    await read(page, 'Start with the wheel').waitFor()
    await page.getByText(/412 in · 187 out/).waitFor({ state: 'attached' })
    await page.locator('.took').getByText('599 tokens').waitFor()
  })

  test('shows a tool call with its arguments and its result', async () => {
    const page = await it.open()
    await say(page, 'weather, please')
    await read(page, 'the wheel turns well').waitFor()
    const call = page.locator('details.step', { hasText: 'town__weather' })
    await call.getByText('done').waitFor()
    await call.locator('summary').click()
    await call.getByText('Mühlheim').first().waitFor()
    await call.getByText('light rain').waitFor()
  })

  test('asks before a call that needs leave, and goes on when it has it', async () => {
    const page = await it.open()
    await page.getByLabel('Agent', { exact: true }).selectOption('careful')
    await say(page, 'weather, please')
    await page.getByRole('form', { name: 'The agent asks' }).getByText('May the agent run').waitFor()
    await page.locator('.chat-row[aria-current]').getByText('asks you').waitFor()
    await page.getByRole('button', { name: 'Allow' }).click()
    await read(page, 'the wheel turns well').waitFor()
    assert.equal(await page.locator('details.step', { hasText: 'town__weather' }).count(), 1, 'one call is one row')
  })

  test('gives a tool’s result by a form', async () => {
    const { chat } = await it.server.api('POST', '/api/v1/chats', {
      agent: 'echo',
      message: { parts: [{ text: 'What time is it?' }], metadata: { tools: [{ name: 'now', arguments: { zone: 'UTC' } }] } },
    })
    const page = await it.open(`/chats/${chat.id}`)
    await page.getByLabel('What now gave').fill('twelve')
    await page.getByRole('button', { name: 'Send the result' }).click()
    await lastAnswer(page).getByText('call-1 "twelve"').waitFor()
  })

  test('takes messages while it is busy: they are changed, put in another order, taken back, and come in turn', async () => {
    const id = await slowChat(it.server, 'one two three', 30_000)
    const page = await it.open(`/chats/${id}`)
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    const queue = page.getByRole('region', { name: 'Queue' })
    for (const text of ['first', 'second', 'third']) {
      await say(page, text)
      await queue.getByText(text, { exact: true }).waitFor()
    }
    const waiting = () => queue.locator('.queued-text').allTextContents()
    await queue.getByRole('listitem').nth(2).getByLabel('Earlier').click()
    await until('in another order', async () => (await waiting()).join() === 'first,third,second')
    await queue.getByRole('listitem').nth(0).getByLabel('Take back').click()
    await until('taken back', async () => (await waiting()).join() === 'third,second')
    await queue.getByRole('listitem').nth(1).getByLabel('Change').click()
    await queue.getByLabel('Change the waiting message').fill('a better second')
    await queue.getByLabel('Change the waiting message').press('Enter')
    await until('changed', async () => (await waiting()).join() === 'third,a better second')
    await queue.getByRole('listitem').nth(1).getByLabel(/^Now/).click()
    await read(page, 'Echo: third').waitFor()
    const said = await page.getByRole('article', { name: 'Agent' }).allTextContents()
    assert.deepEqual(said.slice(-2), ['Echo: a better second', 'Echo: third'])
    assert.equal(await queue.count(), 0)
  })

  test('is stopped, and what was said stays', async () => {
    const id = await slowChat(it.server, 'stay, please', 200, { words: 1000 })
    const page = await it.open(`/chats/${id}`)
    await lastAnswer(page).getByText(/^1 2 3/).waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await read(page, 'Stopped.').waitFor()
    assert.match(await lastAnswer(page).textContent(), /^1 2 3/)
  })

  test('says what failed and what to do, and tries again', async () => {
    const page = await it.open()
    await say(page, 'fail at this')
    const card = page.getByRole('alert').filter({ hasText: 'The agent failed' })
    await card.getByText(/key/).waitFor()
    await card.getByRole('button', { name: 'Try again' }).click()
    // The same failure once more, of another try.
    await page.getByRole('alert').filter({ hasText: 'The agent failed' }).waitFor()
  })

  test('goes back: a message is said otherwise, and a branch keeps the other way', async () => {
    const id = await slowChat(it.server, 'a wheel', 0)
    const page = await it.open(`/chats/${id}`)
    await read(page, 'Echo: a wheel').waitFor()
    const mine = page.getByRole('article', { name: 'You' })
    await mine.hover()
    await mine.getByLabel('Edit message').click()
    await page.getByLabel(/^Send this wording/).fill('a better wheel')
    await page.getByLabel(/^Send this wording/).press('Enter')
    await read(page, 'Echo: a better wheel').waitFor()
    assert.equal(await read(page, 'Echo: a wheel', { exact: true }).count(), 0)
    await lastAnswer(page).hover()
    await lastAnswer(page).getByLabel('Branch from here').click()
    await page.waitForURL((url) => !url.pathname.endsWith(id))
    await read(page, 'Echo: a better wheel').waitFor()
  })

  test('takes a file that is dropped on it, and shows the picture', async () => {
    const page = await it.open()
    await page.getByLabel('Agent', { exact: true }).selectOption('echo')
    await drop(page, 'wheel.png', 'image/png', 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==')
    await say(page, 'look at this')
    const picture = page.getByRole('img', { name: 'wheel.png' })
    await picture.waitFor()
    await until('loaded', () => picture.evaluate((img) => img.naturalWidth === 1))
  })

  test('plays a film and a sound that it was given, also from their middle', async () => {
    const page = await it.open()
    await page.getByLabel('Agent', { exact: true }).selectOption('echo')
    await drop(page, 'wheel.webm', 'video/webm', await page.evaluate(film))
    await drop(page, 'splash.wav', 'audio/wav', sound(3).toString('base64'))
    await say(page, 'watch and listen')
    const video = page.getByLabel('wheel.webm', { exact: true })
    await video.waitFor()
    assert.equal(await video.evaluate(play), 64, 'its width')
    const audio = page.getByLabel('splash.wav', { exact: true })
    await audio.evaluate((player) => (player.currentTime = 2.5))
    await audio.evaluate(play)
    assert.equal(await audio.evaluate((player) => player.currentTime), 3)
  })

  test('is answered by the model that its user chose, and says so', async () => {
    const page = await it.open()
    await page.getByLabel('Agent', { exact: true }).selectOption('helper')
    await page.getByLabel('Model', { exact: true }).selectOption('deep')
    await page.getByLabel('Effort', { exact: true }).selectOption('high')
    await say(page, 'about a millrace')
    await read(page, 'says where it stopped').waitFor()
    const [answer] = (await it.server.api('GET', `/api/v1${new URL(page.url()).pathname}/messages`)).messages.slice(-1)
    assert.match(JSON.stringify(answer), /"model":"deep"/)
    await page.locator('.cost', { hasText: 'deep' }).waitFor({ state: 'attached' })
  })

  test('gives a link to itself, and its words', async () => {
    const page = await it.open(`/chats/${await slowChat(it.server, 'share me', 0)}`)
    await read(page, 'Echo: share me').waitFor()
    const carried = () => page.evaluate(() => navigator.clipboard.readText())
    await page.getByLabel('More for this chat').click()
    await page.getByText('Copy link').click()
    await until('the link is there', async () => (await carried()) === page.url())
    await lastAnswer(page).getByRole('button', { name: 'Copy answer' }).click()
    await until('the words are there', async () => (await carried()) === 'Echo: share me')
  })

  test('does nothing that its text says: no HTML, no picture of another site, no address that is code', async () => {
    const evil = '<img src=x onerror=alert(1)> ![p](https://evil.example/p.png) [go](javascript:alert(1)) <script>alert(1)</script>'
    const id = await slowChat(it.server, evil, 0)
    const page = await it.open(`/chats/${id}`)
    await lastAnswer(page).getByText('onerror').waitFor()
    assert.equal(await page.locator('.prose img, .prose script, a[href^="javascript"]').count(), 0)
    assert.equal(await page.getByRole('link', { name: 'p', exact: true }).getAttribute('href'), 'https://evil.example/p.png')
  })

  test('keeps the reader where they are while more comes', async () => {
    const id = await slowChat(it.server, 'x', 0, { words: 3000 })
    const page = await it.open(`/chats/${id}`)
    await lastAnswer(page).getByText('3000').waitFor()
    await it.server.api('POST', `/api/v1/chats/${id}/messages`, { message: { parts: [{ text: 'more' }], metadata: { words: 2000, delayMs: 2 } } })
    const log = page.getByRole('log')
    await read(page, 'more', { exact: true }).waitFor()
    await log.hover()
    await page.mouse.wheel(0, -900)
    await page.getByLabel('To the newest message').waitFor()
    const first = await log.evaluate((box) => box.scrollTop)
    await until('the answer ends', async () => (await it.server.api('GET', `/api/v1/chats/${id}`)).status === 'idle')
    assert.equal(await log.evaluate((box) => box.scrollTop), first)
    await page.getByLabel('To the newest message').click()
    await until('at the end', () => log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 2))
  })

  test('keeps a draft while its user looks elsewhere', async () => {
    const page = await it.open()
    await composer(page).fill('not yet')
    await page.getByRole('link', { name: 'Agents' }).click()
    await page.getByRole('heading', { name: 'Agents' }).waitFor()
    await page.getByRole('link', { name: 'Chats' }).click()
    assert.equal(await composer(page).inputValue(), 'not yet')
  })
})

/** Drops a file on the page, and waits until it has arrived at the server. */
async function drop(page, name, type, base64) {
  await page.evaluate(
    ([name, type, raw]) => {
      const carried = new DataTransfer()
      carried.items.add(new File([Uint8Array.from(atob(raw), (c) => c.charCodeAt(0))], name, { type }))
      for (const each of ['dragover', 'drop']) dispatchEvent(new DragEvent(each, { dataTransfer: carried, bubbles: true, cancelable: true }))
    },
    [name, type, base64],
  )
  await page.getByRole('list', { name: 'Attached files' }).getByText(name).waitFor()
  await page.locator('.attached progress').waitFor({ state: 'detached' })
}

/** In the page: plays to the end; gives the picture's width, if there is one. */
async function play(player) {
  player.muted = true
  const ended = new Promise((resolve, reject) => {
    player.addEventListener('ended', resolve)
    player.addEventListener('error', () => reject(new Error(player.error.message)))
  })
  await player.play()
  await ended
  return player.videoWidth
}

/** In the page: makes a film of half a second and 64 pixels, as base64. */
async function film() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 64 })
  const recorder = new MediaRecorder(canvas.captureStream(), { mimeType: 'video/webm' })
  const pieces = []
  recorder.addEventListener('dataavailable', (event) => pieces.push(event.data))
  const ended = new Promise((resolve) => recorder.addEventListener('stop', resolve))
  const brush = canvas.getContext('2d')
  recorder.start()
  for (let i = 0; i < 10; i++) {
    brush.fillStyle = `hsl(${i * 36} 80% 50%)`
    brush.fillRect(0, 0, 64, 64)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  recorder.stop()
  await ended
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer())
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}

/** So many seconds of a WAV file: 8,000 bytes a second. */
function sound(seconds) {
  const size = seconds * 8000
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + size, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20) // PCM
  head.writeUInt16LE(1, 22) // channels
  head.writeUInt32LE(8000, 24)
  head.writeUInt32LE(8000, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34) // bits
  head.write('data', 36)
  head.writeUInt32LE(size, 40)
  return Buffer.concat([head, Buffer.alloc(size, 128)])
}
