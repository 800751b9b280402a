import { useState } from 'react'
import { logIn } from '../api/chats'
import { Problem } from '../api/http'
import type { Session } from '../api/types'

/** Asks once for a key or a token, and keeps neither: the server answers with a cookie that no script can read. */
export function Login({ ways, done }: { ways: string[]; done: (session: Session) => void }) {
  const [secret, setSecret] = useState('')
  const [complaint, setComplaint] = useState<string>()
  const [sending, setSending] = useState(false)
  const what = ways.some((way) => way !== 'apiKey') ? 'key or token' : 'key'
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
        <label>
          Your {what}
          <input type="password" autoComplete="current-password" autoFocus required value={secret} onChange={(event) => setSecret(event.target.value)} />
        </label>
        {complaint && (
          <p className="bad" role="alert">
            {complaint}
          </p>
        )}
        <button type="submit" className="primary" disabled={sending}>
          Enter
        </button>
        <p className="muted">
          The server’s operator makes keys with <code>./millrace key NAME</code>.
        </p>
      </form>
    </main>
  )
}
