import { useState } from 'react'
import { logIn } from '../api/chats'
import { Problem } from '../api/http'
import type { Session } from '../api/types'

const LOGIN: Record<string, string> = {
  stale: 'That took too long, or it was begun in another window. Log in once more.',
  refused: 'The login was refused. Log in once more, or ask the server’s operator.',
  unreachable: 'The login’s server cannot be reached now. Try again in a moment.',
}

/** What a login came back with, if it came to nothing; told once. */
function cameBack(): string | undefined {
  const how = new URLSearchParams(location.search).get('login')
  if (how !== null) history.replaceState(null, '', location.pathname)
  return how === null ? undefined : (LOGIN[how] ?? LOGIN.refused)
}

/** Asks once for a key or a token, and keeps neither: the server answers with a cookie that no script can read. */
export function Login({ session: { ways = [], login }, done }: { session: Session; done: (session: Session) => void }) {
  const [secret, setSecret] = useState('')
  const [complaint, setComplaint] = useState(cameBack)
  const [sending, setSending] = useState(false)
  const keys = ways.includes('apiKey')
  const what = !ways.some((way) => way !== 'apiKey') || login ? 'key' : keys ? 'key or token' : 'token'
  return (
    <main className="login">
      <form
        className="card"
        onSubmit={(event) => {
          event.preventDefault()
          setSending(true)
          logIn(secret)
            .then(done, (problem) => setComplaint(problem instanceof Problem ? problem.detail || problem.title : String(problem)))
            .finally(() => setSending(false))
        }}
      >
        <img src="/icon.svg" alt="" width={44} height={44} />
        <h1>Millrace</h1>
        {login && (
          <a className="button primary" href={`${login}?to=${encodeURIComponent(location.pathname)}`}>
            Log in
          </a>
        )}
        {complaint && (
          <p className="bad" role="alert">
            {complaint}
          </p>
        )}
        {login && keys && <p className="or muted">or</p>}
        {(keys || !login) && <>
        <label>
          Your {what}
          <input type="password" autoComplete="current-password" autoFocus={!login} required value={secret} onChange={(event) => setSecret(event.target.value)} />
        </label>
        <button type="submit" className={login ? '' : 'primary'} disabled={sending}>
          Enter
        </button>
        {keys && (
          <p className="muted">
            The server’s operator makes keys with <code>./millrace keys NAME</code>.
          </p>
        )}
        </>}
      </form>
    </main>
  )
}
