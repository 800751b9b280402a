import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { missing, until } from './house.js'
import { house, lastAnswer, read, say, slowChat } from './page.js'

const COUNTED = (n) => Array.from({ length: n }, (_, i) => i + 1).join(' ')

describe('the page survives', { skip: missing }, () => {
  let it
  before(async () => (it = await house(() => '')))
  after(async () => {
    await it?.close()
    assert.deepEqual(it.complaints, [])
  })

  /** Marks the document: a reload would take the mark away. */
  const mark = (page) => page.evaluate(() => (document.marked = true))
  const unloaded = async (page) => assert.equal(await page.evaluate(() => document.marked), true, 'the page was loaded anew')

  test('a server that is killed in mid-answer: it says so, and ends with the whole text', async () => {
    const id = await slowChat(it.server, 'x', 100, { words: 60 })
    const page = await it.open(`/chats/${id}`)
    await mark(page)
    await lastAnswer(page).getByText(/^1 2 3 4 5/).waitFor()
    await it.server.kill()
    await page.getByText('Reconnecting…').waitFor()
    assert.match(await lastAnswer(page).textContent(), /^1 2 3 4 5/, 'what was seen stays on the screen')
    await it.server.again()
    await until('the whole answer', async () => (await lastAnswer(page).textContent()) === COUNTED(60))
    assert.equal(await page.getByText('Reconnecting…').count(), 0)
    assert.equal(await page.getByRole('article', { name: 'Agent' }).count(), 1)
    await unloaded(page)
  })

  test('a message that is sent while the server is away arrives once', async () => {
    const id = await slowChat(it.server, 'hello', 0)
    const page = await it.open(`/chats/${id}`)
    await read(page, 'Echo: hello').waitFor()
    await it.server.kill()
    await say(page, 'are you there?')
    await page.getByText('Sending: are you there?').waitFor()
    await it.server.again()
    await read(page, 'Echo: are you there?').waitFor()
    const { messages } = await it.server.api('GET', `/api/v1/chats/${id}/messages`)
    assert.equal(messages.filter((said) => said.message.parts[0].text === 'are you there?').length, 1)
  })

  test('a network that goes away and comes back: the rest comes where it stopped', async () => {
    const id = await slowChat(it.server, 'x', 100, { words: 50 })
    const page = await it.open(`/chats/${id}`)
    await mark(page)
    await lastAnswer(page).getByText(/^1 2 3/).waitFor()
    await page.context().setOffline(true)
    await page.getByText('Reconnecting…').waitFor()
    await page.context().setOffline(false)
    await until('the whole answer', async () => (await lastAnswer(page).textContent()) === COUNTED(50))
    await unloaded(page)
  })

  test('a slow network changes nothing but the time', async () => {
    const id = await slowChat(it.server, 'x', 0, { words: 400 })
    const page = await it.open('/')
    const tools = await page.context().newCDPSession(page)
    await tools.send('Network.enable')
    await tools.send('Network.emulateNetworkConditions', { offline: false, latency: 300, downloadThroughput: 20_000, uploadThroughput: 10_000 })
    await page.locator(`a[href="/chats/${id}"]`).click()
    await until('the whole answer', async () => (await lastAnswer(page).textContent()) === COUNTED(400))
  })

  test('a file on its way: the network is cut, then the server is killed, and it arrives whole and in one piece', async () => {
    const page = await it.open('/')
    const tools = await page.context().newCDPSession(page)
    await tools.send('Network.enable')
    const network = (offline, uploadThroughput) => tools.send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput })
    const parts = []
    page.on('request', (request) => request.method() === 'PATCH' && parts.push(Number(request.headers()['upload-offset'])))
    const begun = []
    page.on('request', (request) => request.method() === 'POST' && request.url().endsWith('/uploads') && begun.push(request.url()))

    const bytes = randomBytes(6 << 20)
    await network(false, 1 << 20)
    await page.locator('input[type=file]').setInputFiles({ name: 'film.bin', mimeType: 'application/octet-stream', buffer: bytes })
    const bar = page.getByRole('progressbar', { name: 'Sending film.bin' })
    const share = async () => ((await bar.count()) ? bar.evaluate((progress) => progress.value) : 1)
    await until('some of it was sent', async () => (await share()) > 0.15)
    await network(true, 0)
    await page.getByText('waits for the network').waitFor()
    await network(false, 1 << 20)
    await until('it went on', async () => parts.length > 1 && parts.at(-1) > 0 && (await share()) > 0.4)
    await it.server.kill()
    await page.getByText('waits for the network').waitFor()
    await network(false, -1)
    await it.server.again()
    await bar.waitFor({ state: 'detached' })
    assert.equal(await page.locator('.attached .bad').count(), 0)
    assert.equal(begun.length, 1, 'it was begun once')
    assert.equal(parts[0], 0)
    assert.ok(parts.at(-1) > 0.3 * bytes.length, `the last part began at ${parts.at(-1)}`)

    await say(page, 'here it is')
    await read(page, 'here it is').waitFor()
    const link = await page.locator('a.file').first().getAttribute('href')
    const got = Buffer.from(await (await fetch(it.server.url + link)).arrayBuffer())
    const hash = (of) => createHash('sha256').update(of).digest('hex')
    assert.equal(hash(got), hash(bytes))
  })

  test('two tabs show the same, whichever of them does it', async () => {
    const id = await slowChat(it.server, 'for two', 0)
    const [one, two] = await Promise.all([it.open(`/chats/${id}`), it.open(`/chats/${id}`)])
    await Promise.all([one, two].map((page) => read(page, 'Echo: for two').waitFor()))
    await say(one, 'from the one')
    await read(two, 'Echo: from the one').waitFor()
    await two.getByLabel('More for this chat').click()
    await two.getByRole('button', { name: 'Rename' }).click()
    await two.getByLabel('Title').fill('Named by the other')
    await two.getByRole('button', { name: 'Save' }).click()
    await one.getByRole('heading', { name: 'Named by the other' }).waitFor()
    await one.locator('.chat-row[aria-current]').getByText('Named by the other').waitFor()
    const text = (page) => page.getByRole('log').innerText()
    await until('the same', async () => (await text(one)) === (await text(two)))
  })
})
