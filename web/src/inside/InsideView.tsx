import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { usageOfAll } from '../api/chats'
import { ask } from '../api/http'
import { count, money } from '../chat/Said'
import { ago } from '../list/ChatList'
import { between, bytes, micros, timeOf, type Inside, type StageTime, type Trouble } from './stages'

const LOOKS = 60

/** What each stage of a turn is; the order in which they come. The last goes on beside the others. */
const STAGES: Record<string, string> = {
  validate: 'The request is understood',
  write: 'The message is written',
  hand_off: 'A worker has the task',
  agent_start: 'The agent begins',
  first_event: 'Its first word is written',
  first_frame: 'The word is on the wire',
  commit: 'Beside these: the message is on the disk',
}

/** One page for who runs the server: what it does now, and where its time went. */
export default function InsideView() {
  const now = useQuery({ queryKey: ['inside'], queryFn: () => ask<Inside>('/api/v1/inside'), refetchInterval: 1000, retry: true })
  const used = useQuery({ queryKey: ['usage'], queryFn: usageOfAll, refetchInterval: 5000 })
  const looks = useLooks(now.data)
  const it = now.data
  if (!it) return <main className="panel">{now.failureCount > 0 && <p role="alert">The server cannot be reached; trying again…</p>}</main>
  const first = looks[0]
  const recent = it.stages.map((stage) => timeOf(between(first?.stages.find((each) => each.stage === stage.stage), stage)))
  const ended = Object.entries(it.turns.ended)
  const failed = it.turns.ended.failed ?? 0
  return (
    <main className="panel inside">
      <h1>Inside</h1>
      <p className="muted" role="status">
        {now.isError ? 'The server cannot be reached; trying again…' : `Up for ${uptime(it.process.uptimeMs)}, keeps everything in ${it.store}`}
      </p>
      <div className="figures">
        <Figure name="Turns running" value={it.turns.running} line={looks.map((look) => look.turns.running)} />
        <Figure name={it.operator === false ? 'Your queue' : 'Queued'} value={queued(it)} line={looks.map(queued)} />
        <Figure name="Live journals" value={it.streams?.journals ?? 0} line={looks.map((look) => look.streams?.journals ?? 0)} />
        <Figure name="Connections" value={it.streams?.connections ?? 0} line={looks.map((look) => look.streams?.connections ?? 0)} />
        <Figure name="Heap" value={bytes(it.process.heapBytes)} line={looks.map((look) => look.process.heapBytes)} note={`of ${bytes(it.process.maxHeapBytes)}`} />
        <Figure name="Failed turns" value={failed} bad={failed > 0} note={it.turns.recovered > 0 ? `${it.turns.recovered} recovered` : 'none recovered'} />
      </div>

      <section aria-label="Where the time goes">
        <h2>Where a turn’s time goes</h2>
        <p className="muted">From a message’s arrival to the first word on the wire; the last minute, or all since the start if it was quiet.</p>
        <Timeline stages={recent.filter((stage) => stage.stage !== 'commit')} />
        {recent.some((stage) => stage.count > 0) && <Wide label="Times of the stages">
            <thead>
              <tr>
                <th>Stage</th>
                <th className="right">Times</th>
                <th className="right">Half in</th>
                <th className="right">95 % in</th>
                <th className="right">99 % in</th>
              </tr>
            </thead>
            <tbody>
              {recent.map((stage, i) => (
                <tr key={stage.stage}>
                  <td>
                    <i className={`swatch s${i}`} aria-hidden="true" /> {STAGES[stage.stage] ?? stage.stage}
                  </td>
                  <td className="right">{stage.count}</td>
                  <td className="right">{micros(stage.p50)}</td>
                  <td className="right">{micros(stage.p95)}</td>
                  <td className="right">{micros(stage.p99)}</td>
                </tr>
              ))}
            </tbody>
        </Wide>}
      </section>

      <div className="halves">
        <Queues it={it} />
        <Servers servers={it.servers ?? []} />
      </div>

      <section aria-label="What went wrong">
        <h2>What went wrong lately</h2>
        {it.errors.length === 0 ? <p className="muted">Nothing since this server started.</p> : <Troubles errors={it.errors} />}
      </section>

      <div className="halves">
        <section aria-label="Turns">
          <h2>Turns that ended</h2>
          {ended.length === 0 ? <p className="muted">None yet.</p> : <Facts of={ended.map(([state, times]) => [state.replace('_', ' '), String(times)])} />}
        </section>
        {it.pushes && (
          <section aria-label="Pushes">
            <h2>Pushes</h2>
            <Facts
              of={[
                ['Have more to tell', String(it.pushes.open)],
                ['Receiver not well', String(it.pushes.failing)],
                ['Nobody took', String(it.pushes.dead)],
              ]}
            />
          </section>
        )}
        {it.files && (
          <section aria-label="Files">
            <h2>Files</h2>
            <Facts
              of={[
                ['Read now', String(it.files.streams)],
                ['In buffers', bytes(it.files.bufferBytes)],
                ['Cache in memory', bytes(it.files.cacheMemoryBytes)],
                ['Cache on disk', bytes(it.files.cacheDiskBytes)],
                ['From the cache', bytes(it.files.servedBytes)],
                ['Fetched', bytes(it.files.fetchedBytes)],
              ]}
            />
          </section>
        )}
        {used.data && (
          <section aria-label="Usage">
            <h2>Your chats took</h2>
            <Facts
              of={[
                ['Work', micros(used.data.workedMs * 1000)],
                ['Waiting', micros(used.data.waitedMs * 1000)],
                ['Tokens in', count(used.data.inputTokens)],
                ['Tokens out', count(used.data.outputTokens)],
                ['Cost', money(used.data.costMicros)],
              ]}
            />
          </section>
        )}
      </div>
    </main>
  )
}

const queued = (it: Inside) => (it.queues ?? []).reduce((sum, queue) => sum + (queue.queued ?? 0), 0)

function Queues({ it }: { it: Inside }) {
  const queues = it.queues ?? []
  return (
    <section aria-label="Queues">
      <h2>{it.operator === false ? 'Your tasks' : 'Everybody’s tasks'}</h2>
      {queues.length === 0 ? (
        <p className="muted">Nothing runs, and nothing waits.</p>
      ) : (
        <Wide label="Queues">
          <thead>
            <tr>
              {it.operator !== false && <th>Owner</th>}
              <th>Agent</th>
              <th className="right">Queued</th>
              <th className="right">Running</th>
              <th className="right">Asking</th>
            </tr>
          </thead>
          <tbody>
            {queues.map((queue) => (
              <tr key={`${queue.owner} ${queue.agent}`}>
                {it.operator !== false && <td>{queue.owner}</td>}
                <td>{queue.agent}</td>
                <td className="right">{queue.queued ?? 0}</td>
                <td className="right">{queue.running ?? 0}</td>
                <td className="right">{(queue.asking ?? 0) + (queue.askingForLogin ?? 0)}</td>
              </tr>
            ))}
          </tbody>
        </Wide>
      )}
    </section>
  )
}

function Servers({ servers }: { servers: NonNullable<Inside['servers']> }) {
  return (
    <section aria-label="Servers">
      <h2>Servers</h2>
      <Wide label="Servers">
        <thead>
          <tr>
            <th>Server</th>
            <th className="right">Running</th>
            <th className="right">Lease</th>
          </tr>
        </thead>
        <tbody>
          {servers.map((server) => (
            <tr key={server.id}>
              <td>
                <code title={server.id}>{server.id.length > 18 ? `${server.id.slice(0, 18)}…` : server.id}</code> {server.here && <span className="label">this one</span>}
              </td>
              <td className="right">{server.running}</td>
              <td className="right">{server.leaseMs === undefined ? 'not shared' : `${Math.ceil(server.leaseMs / 1000)} s`}</td>
            </tr>
          ))}
        </tbody>
      </Wide>
    </section>
  )
}

function Troubles({ errors }: { errors: Trouble[] }) {
  return (
    <ol className="troubles">
      {errors.map((error, i) => (
        <li key={`${error.at} ${i}`}>
          <span className={`state ${error.level === 'error' ? 'failed' : 'waits'}`}>{error.level}</span>
          <span className="trouble">
            {error.where}
            {error.what && <>: {error.what.replaceAll('{}', '…')}</>}
            {error.kind && <code>{error.kind}</code>}
          </span>
          <small className="muted">
            {error.times > 1 && `${error.times} times, `}
            <time dateTime={error.at} title={error.at}>
              {ago(error.at)}
            </time>
          </small>
        </li>
      ))}
    </ol>
  )
}

function Wide({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="wide" tabIndex={0} role="region" aria-label={`${label}, table`}>
      <table>{children}</table>
    </div>
  )
}

/** The looks of the last minute. */
function useLooks(now: Inside | undefined): Inside[] {
  const looks = useRef<Inside[]>([])
  const [, drawn] = useState(0)
  useEffect(() => {
    if (!now) return
    const before = looks.current.at(-1)
    // A server that was started anew counts from nothing.
    if (before && now.process.uptimeMs < before.process.uptimeMs) looks.current = []
    looks.current = [...looks.current, now].slice(-LOOKS)
    drawn((n) => n + 1)
  }, [now])
  return looks.current
}

function Figure({ name, value, line, note, bad }: { name: string; value: ReactNode; line?: number[]; note?: string; bad?: boolean }) {
  return (
    <div className={`figure${bad ? ' bad-figure' : ''}`}>
      <span>{name}</span>
      <strong>{value}</strong>
      {note && <small className="muted">{note}</small>}
      {line && <Line values={line} />}
    </div>
  )
}

function Line({ values }: { values: number[] }) {
  const most = Math.max(1, ...values)
  const points = values.map((value, i) => `${(i * 100) / (LOOKS - 1)},${22 - (value / most) * 20}`).join(' ')
  return (
    <svg className="line" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points} />
    </svg>
  )
}

/** The stages' medians, one after the other, as wide as they are long. */
function Timeline({ stages }: { stages: StageTime[] }) {
  const total = stages.reduce((sum, stage) => sum + stage.p50, 0)
  if (total === 0) return <p className="muted">Nothing was measured yet: send a message.</p>
  const ends = stages.map((_, i) => stages.slice(0, i + 1).reduce((sum, stage) => sum + stage.p50, 0))
  return (
    <figure className="timeline">
      <svg viewBox="0 0 1000 36" preserveAspectRatio="none" role="img" aria-label={`Half of all turns: ${stages.map((stage) => `${STAGES[stage.stage] ?? stage.stage} ${micros(stage.p50)}`).join(', ')}`}>
        {stages.map((stage, i) => (
          <rect key={stage.stage} className={`s${i}`} x={((ends[i]! - stage.p50) / total) * 1000} width={Math.max((stage.p50 / total) * 1000 - 2, 1)} height={36} rx={3} />
        ))}
      </svg>
      <figcaption>
        <span>0</span>
        <span>{micros(total)} to the first word</span>
      </figcaption>
    </figure>
  )
}

function Facts({ of }: { of: [string, string][] }) {
  return (
    <dl className="facts">
      {of.map(([name, value]) => [
        <dt key={name}>{name}</dt>,
        <dd key={name + ' value'}>{value}</dd>,
      ])}
    </dl>
  )
}

function uptime(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`
  if (minutes < 120) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`
}
