import { join } from 'node:path'
import { launch, Server } from './house.js'
import { startModel } from './model.js'

const TOOLS = `node ${join(import.meta.dirname, 'tools.js')}`

/** The configuration of a server whose agents are: echo, one with a model and a tool, one that asks before it calls. */
export const configured = (model) => `
models:
  fast: {name: mill-1, baseUrl: "${model.url}", prices: {input: 0.4, output: 1.6}}
  deep: {name: mill-2, baseUrl: "${model.url}", effort: medium}
mcp:
  town: {command: "${TOOLS}"}
agents:
  helper: {models: "fast, deep", description: "Answers questions and looks at the weather.", tools: "town__*"}
  careful: {models: fast, description: "Asks before it runs a tool.", tools: "town__*", approve: "town__*"}
`

/** A server, a model, a browser; all that a test needs, and its end. */
export async function house(config = configured, memory = false) {
  const model = await startModel()
  let server, browser
  try {
    server = await Server.start(config(model), memory)
    browser = await launch()
  } catch (e) {
    // What is left open would keep the tests from ending.
    await server?.close()
    model.close()
    throw e
  }
  const complaints = []
  return {
    server,
    browser,
    complaints,
    /** A page of a browser that was never here before. */
    async open(path = '/', options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options })
      await context.grantPermissions(['clipboard-read', 'clipboard-write'])
      const page = await context.newPage()
      page.setDefaultTimeout(60_000)
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('console', (message) => message.text().includes('Content Security Policy') && complaints.push(message.text()))
      await page.goto(server.url + path)
      return page
    },
    async close() {
      await browser.close()
      await server.close()
      model.close()
    },
  }
}

export const composer = (page) => page.getByRole('textbox', { name: 'Message', exact: true })

/** Writes a message and sends it with Enter. */
export async function say(page, text) {
  await composer(page).fill(text)
  await composer(page).press('Enter')
}

/** A text among the messages; elsewhere on the page it may stand, too. */
export const read = (page, text, options) => page.getByRole('log').getByText(text, options).last()

/** The words of the newest answer, as they are on the screen. */
export const lastAnswer = (page) => page.getByRole('article', { name: 'Agent' }).last()

/** Begins a chat with echo; it says a word each so many milliseconds. */
export async function slowChat(server, text, delayMs, more = {}) {
  const begun = await server.api('POST', '/api/v1/chats', { agent: 'echo', message: { parts: [{ text }], metadata: { delayMs, ...more } } })
  return begun.chat.id
}
