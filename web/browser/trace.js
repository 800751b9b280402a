// How soon a token is on the screen while 200 of them come each second: npm run trace.
// Measured in the browser, from the WebSocket message that brought it to after the frame that shows it. The way from the
// server to that message is on loopback here. Exit code 1 = 95 % took more than 50 ms.
import { house, slowChat } from './page.js'

const TOKENS = Number(process.argv[2] ?? 2000)
const it = await house(() => '')
const page = await it.open('/', { reducedMotion: 'no-preference' })
await page.addInitScript(() => {
  const arrived = []
  const shown = []
  window.trace = { arrived, shown, frames: [] }
  const Real = WebSocket
  window.WebSocket = class extends Real {
    constructor(url) {
      super(url)
      if (String(url).includes('/stream')) {
        this.addEventListener('message', (message) => {
          const now = performance.now()
          for (const { event } of JSON.parse(message.data)) {
            const text = event.artifactUpdate?.artifact.parts[0]?.text
            const number = Number.parseInt(text ?? '')
            if (number) arrived[number] ??= now
          }
        })
      }
    }
  }
  let seen = 0
  let before = performance.now()
  const look = () => {
    // After this frame is drawn.
    requestAnimationFrame(look)
    const channel = new MessageChannel()
    channel.port1.onmessage = () => {
      const now = performance.now()
      window.trace.frames.push(now - before)
      before = now
      const text = [...document.querySelectorAll('.said.agent')].at(-1)?.textContent ?? ''
      const newest = Number(/(\d+)\s*$/.exec(text)?.[1] ?? 0)
      while (seen < newest) shown[++seen] = now
    }
    channel.port2.postMessage(0)
  }
  requestAnimationFrame(look)
})
const id = await slowChat(it.server, 'x', 4, { words: TOKENS })
await page.goto(`${it.server.url}/chats/${id}`)
await page.waitForFunction((last) => window.trace.shown[last] !== undefined, TOKENS, { timeout: 120_000 })
const { arrived, shown, frames } = await page.evaluate(() => window.trace)
const waits = shown.flatMap((at, i) => (arrived[i] === undefined || arrived[i] === null || at === null ? [] : [at - arrived[i]])).sort((a, b) => a - b)
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1)
const times = arrived.filter((time) => time !== null && time !== undefined)
const rate = (times.length / (times.at(-1) - times[0])) * 1000
frames.sort((a, b) => a - b)
console.log(`${waits.length} tokens at ${rate.toFixed(0)} a second`)
console.log(`from its message to the screen: half in ${at(waits, 0.5)} ms, 95 % in ${at(waits, 0.95)} ms, 99 % in ${at(waits, 0.99)} ms`)
console.log(`frames: half in ${at(frames, 0.5)} ms, 95 % in ${at(frames, 0.95)} ms, 99 % in ${at(frames, 0.99)} ms, the longest in ${at(frames, 1)} ms`)
await it.close()
process.exitCode = Number(at(waits, 0.95)) <= 50 ? 0 : 1
