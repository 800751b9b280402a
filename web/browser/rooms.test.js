import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { missing, until } from './house.js'
import { composer, configured, house, lastAnswer, read, say, slowChat } from './page.js'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong, by the rules of WCAG 2.2 A and AA. The evaluation is the tool's, which no policy holds. */
async function wrongs(page) {
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }))
  return violations.flatMap((each) => each.nodes.map((node) => `${each.id}: ${node.target} ${node.failureSummary}`))
}

describe('the rooms beside a chat', { skip: missing }, () => {
  let it
  before(async () => (it = await house()))
  after(async () => {
    await it?.close()
    assert.deepEqual(it.complaints, [])
  })

  test('the list finds, pins, labels, archives and deletes', async () => {
    const id = await slowChat(it.server, 'of mills and rivers', 0)
    await slowChat(it.server, 'something newer', 0)
    const page = await it.open(`/chats/${id}`)
    const menu = async (name) => {
      await page.getByLabel('More for this chat').click()
      await page.getByRole('button', { name, exact: true }).click()
    }
    const rows = page.getByRole('navigation', { name: 'Chats' }).locator('.chat-row-title')
    await until('the newest first', async () => (await rows.allTextContents())[0] === 'something newer')
    await menu('Pin')
    await until('the pinned first', async () => (await rows.allTextContents())[0] === 'of mills and rivers')
    await menu('Labels')
    await page.getByLabel(/^name:value/).fill('about:water')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.locator('.chat-row').getByText('water', { exact: true }).waitFor()
    const search = page.getByRole('searchbox')
    await search.fill('label:about:water')
    await until('found by its label', async () => (await rows.allTextContents()).join() === 'of mills and rivers')
    await search.fill('newer')
    await until('found by a word', async () => (await rows.allTextContents()).join() === 'something newer')
    await search.fill('')
    await menu('Copy link')
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${it.server.url}/chats/${id}`)
    await menu('Archive')
    await until('put away', async () => !(await rows.allTextContents()).includes('of mills and rivers'))
    await page.getByLabel('Archived chats').click()
    await until('among the archived', async () => (await rows.allTextContents()).includes('of mills and rivers'))
    await menu('Delete')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('heading', { name: 'What shall we do?' }).waitFor()
    await page.goto(`${it.server.url}/chats/${id}`)
    await page.getByText('This chat is not there').waitFor()
  })

  test('an agent shows its card, answers over A2A, and its tasks are seen live', async () => {
    const page = await it.open('/agents')
    await page.getByRole('link', { name: /^echo/ }).click()
    await page.getByText('JSONRPC').waitFor()
    await page.getByLabel('A message to echo').fill('over A2A')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('Echo: over A2A').waitFor()
    await page.getByText('The events').click()
    await page.getByText('"append":true').waitFor()
    const tasks = page.getByRole('region', { name: 'Tasks' }).last()
    await tasks.getByText('over A2A').first().waitFor()
    await slowChat(it.server, 'a long one', 60_000)
    const row = tasks.getByRole('row').filter({ hasText: 'a long one' })
    await row.getByText('working').waitFor()
    await row.getByRole('button', { name: 'Cancel' }).click()
    await row.getByText('canceled').waitFor()
  })

  test('the operator sees turns, streams and where the time went', async () => {
    const id = await slowChat(it.server, 'busy', 60_000)
    const page = await it.open('/inside')
    await until('the running turn', async () => (await page.locator('.figure', { hasText: 'Turns running' }).locator('strong').textContent()) !== '0')
    await page.getByRole('img', { name: /^Half of all turns: .*message is written/ }).waitFor()
    assert.equal(await page.getByRole('region', { name: 'Times of the stages, table' }).locator('tbody tr').count(), 7)
    await page.getByRole('region', { name: 'Queues, table' }).getByRole('row', { name: 'local echo 0 1 0' }).waitFor()
    await page.getByRole('region', { name: 'Servers, table' }).getByRole('row', { name: /this one 1 not shared/ }).waitFor()
    await it.server.api('POST', '/api/v1/chats', { agent: 'helper', message: { parts: [{ text: 'fail, please' }] } })
    await page.getByRole('region', { name: 'What went wrong' }).getByText(/agent … failed in task …/).first().waitFor()
    await it.server.api('POST', `/api/v1/chats/${id}:interrupt`)
    await until('it has ended', async () => (await page.locator('.figure', { hasText: 'Turns running' }).locator('strong').textContent()) === '0')
  })

  test('a phone has room for all of it', async () => {
    const page = await it.open('/', { viewport: { width: 375, height: 667 }, hasTouch: true, isMobile: true })
    await composer(page).tap()
    await say(page, 'think on a phone')
    await read(page, 'says where it stopped').waitFor()
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the screen')
    const broken = await page.locator('.prose th, .prose td').evaluateAll((cells) =>
      cells.flatMap((cell) => {
        const words = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT)
        const wrong = []
        while (words.nextNode()) {
          for (const { 0: word, index } of words.currentNode.data.matchAll(/\w+/g)) {
            const range = document.createRange()
            range.setStart(words.currentNode, index)
            range.setEnd(words.currentNode, index + word.length)
            if (range.getClientRects().length !== 1) wrong.push(word)
          }
        }
        return wrong
      }),
    )
    assert.deepEqual(broken, [], 'words of a table are whole')
    await page.getByLabel('All chats').tap()
    await page.getByRole('searchbox').waitFor()
    await page.getByLabel('New chat').tap()
    await page.getByRole('heading', { name: 'What shall we do?' }).waitFor()
    for (const view of ['Agents', 'Inside']) {
      await page.getByRole('link', { name: view, exact: true }).tap()
      await page.getByRole('heading', { name: view, exact: true }).waitFor()
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${view} is not wider than the screen`)
    }
  })

  test('the keyboard reaches everything', async () => {
    const page = await it.open('/')
    await composer(page).waitFor()
    await page.keyboard.type('by hand')
    await page.keyboard.press('Enter')
    await lastAnswer(page).waitFor()
    const reached = new Set()
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab')
      reached.add(await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? ''))
    }
    for (const name of ['Chats', 'Agents', 'Inside', 'New chat', 'More for this chat', 'Messages', 'Message', 'Attach files']) {
      assert.ok(reached.has(name), `${name} among ${[...reached]}`)
    }
    await page.locator('.chat-row[aria-current]').focus()
    const before = page.url()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => url.href !== before)
  })

  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing wrong when it is ${colorScheme}`, async () => {
      const page = await it.open('/', { colorScheme })
      await composer(page).waitFor()
      assert.deepEqual(await wrongs(page), [])
      await say(page, 'think of what axe sees')
      await read(page, 'says where it stopped').waitFor()
      await page.locator('.hljs-keyword').first().waitFor()
      assert.deepEqual(await wrongs(page), [])
      await say(page, 'fail, so that axe sees it')
      await read(page, 'The agent failed').waitFor()
      assert.deepEqual(await wrongs(page), [])
      for (const path of ['/agents', '/inside']) {
        await page.goto(it.server.url + path)
        await page.getByRole('table').first().waitFor()
        assert.deepEqual(await wrongs(page), [], path)
      }
    })
  }
})

describe('a server that asks who comes', { skip: missing }, () => {
  const key = 'mr_' + createHash('sha256').update('a key for the tests').digest('base64url')
  const hash = 'sha256:' + createHash('sha256').update(key).digest('base64url')
  let it
  before(async () => (it = await house((model) => `${configured(model)}\nauth:\n  keys:\n    alice: ${hash}\n`)))
  after(() => it?.close())

  test('is entered with a key, which no script can read afterwards, and left again', async () => {
    const page = await it.open('/')
    await page.getByLabel(/^Your key/).fill('mr_wrong')
    await page.getByRole('button', { name: 'Enter' }).click()
    await page.getByRole('alert').waitFor()
    assert.deepEqual(await wrongs(page), [])
    await page.getByLabel(/^Your key/).fill(key)
    await page.getByRole('button', { name: 'Enter' }).click()
    await say(page, 'think of me')
    await read(page, 'says where it stopped').waitFor()
    const kept = await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }))
    assert.ok(!kept.includes('mr_') && !kept.includes('millrace_session'), kept)

    // A session outlives its server, since its secret is kept with the data.
    await it.server.kill()
    await it.server.again()
    await page.reload()
    await read(page, 'says where it stopped').waitFor()

    await page.getByLabel(/^Leave/).click()
    await page.getByLabel(/^Your key/).waitFor()
  })
})
