// Draws the pictures of the documentation: npm run pictures. Needs a built server and a browser.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { house, read, say, slowChat } from './page.js'

const FOLDER = resolve(import.meta.dirname, '../../docs/images')
mkdirSync(FOLDER, { recursive: true })

const it = await house()
for (const title of ['Notes on undershot wheels', 'Where does the water go?', 'A letter to the miller', 'The weir in spring']) {
  await it.server.api('POST', '/api/v1/chats', { title, agent: 'echo', message: { parts: [{ text: title }] } })
}

async function conversation(options) {
  const page = await it.open('/', options)
  await say(page, 'weather, please')
  await read(page, 'the wheel turns well').waitFor()
  await say(page, 'think about what a millrace is')
  await read(page, 'says where it stopped').waitFor()
  await page.locator('.hljs-keyword').first().waitFor()
  return page
}

const shot = (page, name) => page.screenshot({ path: join(FOLDER, `${name}.png`) })

const light = await conversation({ colorScheme: 'light' })
await shot(light, 'chat-light')
const dark = await conversation({ colorScheme: 'dark' })
await say(dark, 'slow 200')
await read(dark, 'word3').waitFor()
for (const text of ['And how wide is the wheel?', 'Then draw it, please.']) {
  await say(dark, text)
  await dark.getByRole('region', { name: 'Queue' }).getByText(text).waitFor()
}
await shot(dark, 'chat-dark')
const phone = await conversation({ colorScheme: 'light', viewport: { width: 390, height: 780 }, deviceScaleFactor: 1, isMobile: true, hasTouch: true })
await shot(phone, 'chat-phone')

for (let i = 0; i < 30; i++) await slowChat(it.server, 'a turn to be measured', 0)
const inside = await it.open('/inside', { colorScheme: 'dark' })
await inside.waitForTimeout(6000) // some looks, so that its lines have something to draw
await shot(inside, 'inside-dark')
const agents = await it.open('/agents', { colorScheme: 'light' })
await agents.getByLabel(/^A message to/).fill('hello')
await agents.getByRole('button', { name: 'Send' }).click()
await agents.getByText('completed ·').waitFor()
await shot(agents, 'agents-light')
await it.close()
console.log(`five pictures in ${FOLDER}`)
