import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { missing } from './house.js'
import { composer, configured, house, read, say } from './page.js'

/** An issuer at another site (localhost, where the server is at 127.0.0.1), with a login page of its own. */
async function startIssuer() {
  let answer = (request, response) => response.writeHead(503).end()
  const server = createServer((request, response) => answer(request, response))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://localhost:${server.address().port}`
  return {
    url,
    /** Begins to serve, once it is known where browsers are to be sent back to. */
    async knows(callback) {
      const { Provider } = await import('oidc-provider')
      const provider = new Provider(url, {
        clients: [{ client_id: 'millrace', client_secret: 'a secret', redirect_uris: [callback], response_types: ['code'], grant_types: ['authorization_code'] }],
        pkce: { required: () => true },
        cookies: { keys: ['of the test'] },
      })
      answer = provider.callback()
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

describe('a login at an issuer’s page', { skip: missing }, () => {
  let issuer, it
  before(async () => {
    issuer = await startIssuer()
    it = await house((model) => `${configured(model)}\nauth:\n  oidc: {issuer: "${issuer.url}", audience: millrace, clientId: millrace, clientSecret: a secret}\n`)
    await issuer.knows(`${it.server.url}/api/v1/session/callback`)
  })
  after(async () => {
    await it?.close()
    issuer?.close()
    assert.deepEqual(it.complaints, [])
  })

  test('leads back to the chat that was asked for, and no script gets at what it gave', async () => {
    const page = await it.open('/chats/of-somebody')
    await page.getByRole('link', { name: 'Log in' }).click()
    await page.getByPlaceholder('Enter any login').fill('alice')
    await page.getByPlaceholder('and password').fill('any')
    await page.getByRole('button', { name: 'Sign-in' }).click()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL(`${it.server.url}/chats/of-somebody`)
    await page.getByText('This chat is not there').waitFor()

    await page.getByRole('button', { name: 'A new chat' }).click()
    await composer(page).waitFor()
    await say(page, 'think of me')
    await read(page, 'says where it stopped').waitFor()
    await page.getByLabel('Leave (oidc:alice)').waitFor()
    const kept = await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }))
    assert.ok(!/millrace_|eyJ|secret/.test(kept), kept)
    const cookies = await page.context().cookies(it.server.url)
    assert.deepEqual(cookies.filter((cookie) => cookie.domain === '127.0.0.1').map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite })), [
      { name: 'millrace_session', httpOnly: true, sameSite: 'Strict' },
    ])

    await page.getByLabel('Leave (oidc:alice)').click()
    await page.getByRole('link', { name: 'Log in' }).waitFor()
  })

  test('that its user breaks off says so, and can be begun again', async () => {
    const page = await it.open('/')
    await page.getByRole('link', { name: 'Log in' }).click()
    await page.getByRole('link', { name: /Cancel/ }).click()
    await page.getByRole('alert').getByText('The login was refused.', { exact: false }).waitFor()
    assert.equal(new URL(page.url()).search, '')
    await page.getByRole('link', { name: 'Log in' }).click()
    await page.getByPlaceholder('Enter any login').waitFor()
  })
})
