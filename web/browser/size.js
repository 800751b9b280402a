// What fills a server, and goes through what it then shows; for the test of size and for the trace.

/** Does it for 1 to count, some at a time. */
async function each(count, work, atOnce = 16) {
  let next = 0
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) await work(++next)
  }))
}

const said = (n) => ({ parts: [{ text: n % 25 === 0 ? `Message ${n} is long. ${'So the rows are not of one height. '.repeat(12)}` : `Message ${n}` }] })

/** A chat with so many messages, of which the agent's are half; gives its id. */
export async function longChat(server, messages) {
  const begun = await server.api('POST', '/api/v1/chats', { agent: 'echo', title: 'A long chat', message: said(1) })
  const path = `/api/v1/chats/${begun.chat.id}`
  await each(messages / 2 - 1, async (n) => {
    for (;;) {
      try {
        return await server.api('POST', `${path}/messages`, { message: said(n + 1) })
      } catch (full) {
        // A chat takes so many messages at a time; the queue moves on.
        if (!/: 429 /.test(full.message)) throw full
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  })
  for (;;) {
    const { status } = await server.api('GET', path)
    if (status === 'idle') return begun.chat.id
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** So many chats, titled "Chat 1" and so on. */
export const manyChats = (server, count) => each(count, (n) => server.api('POST', '/api/v1/chats', { agent: 'echo', title: `Chat ${n}`, message: { parts: [{ text: 'x' }] } }))

/** What the API says that a chat's messages are, the oldest first: the text of each. */
export async function textsOf(server, chat) {
  const texts = []
  for (let before = ''; ; ) {
    const page = await server.api('GET', `/api/v1/chats/${chat}/messages?limit=200${before && `&before=${before}`}`)
    texts.unshift(...page.messages.map(({ message }) => message.parts.map((part) => part.text ?? '').join('').trim()))
    if (!page.previous) return texts
    before = encodeURIComponent(page.previous)
  }
}

/** In the browser: what goes through a virtual list, frame by frame, and keeps what it saw. */
export function walker() {
  const frame = () => new Promise((resolve) => requestAnimationFrame((now) => resolve(now)))
  const rows = { '.messages': '.row', '.list-scroll': 'li' }
  const numberOf = (row) => Number(row.dataset.index ?? row.ariaPosInSet - 1)
  const textOf = (row) => (row.querySelector('.bubble, .prose, .chat-row-title')?.textContent ?? '').trim()

  /**
   * Scrolls until a row with the last text is on the screen; back is towards the start. Each frame goes on by a screen and a
   * half, which no row escapes, since more than that is in the document. At an edge it waits for what is still to come.
   * Gives the texts by their number, the most rows that were in the document, and how long each frame took.
   */
  window.walk = async (selector, back, last) => {
    const box = document.querySelector(selector)
    const seen = []
    const frames = []
    let most = 0
    let before = await frame()
    for (let still = 0; still < 240; ) {
      const there = [...box.querySelectorAll(rows[selector])]
      most = Math.max(most, there.length)
      for (const row of there) seen[numberOf(row)] = textOf(row)
      const edge = box.getBoundingClientRect()
      const shown = there.filter((row) => row.getBoundingClientRect().bottom > edge.top && row.getBoundingClientRect().top < edge.bottom)
      if (shown.some((row) => textOf(row) === last)) break
      const from = box.scrollTop
      box.scrollTop += (back ? -1 : 1) * box.clientHeight * 1.4
      still = box.scrollTop === from ? still + 1 : 0
      const now = await frame()
      frames.push(now - before)
      before = now
    }
    return { seen, most, frames }
  }

  /** Scrolls by so many pixels in each of so many frames, as a hand does; gives how long each took. */
  window.glide = async (selector, pixels, count) => {
    const box = document.querySelector(selector)
    const frames = []
    let before = await frame()
    for (let i = 0; i < count; i++) {
      box.scrollTop += pixels
      const now = await frame()
      frames.push(now - before)
      before = now
    }
    return frames
  }

  /** The texts of the rows that are on the screen. */
  window.onScreen = (selector) => {
    const box = document.querySelector(selector)
    if (!box) return [] // not drawn yet
    const edge = box.getBoundingClientRect()
    return [...box.querySelectorAll(rows[selector])]
      .filter((row) => row.getBoundingClientRect().bottom > edge.top + 1 && row.getBoundingClientRect().top < edge.bottom - 1)
      .sort((a, b) => numberOf(a) - numberOf(b))
      .map(textOf)
  }
}
