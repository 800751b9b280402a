import { useQuery } from '@tanstack/react-query'
import { agents } from '../api/chats'
import { card } from './a2a'
import { Link } from '../route'
import { Tasks } from './Tasks'
import { TryIt } from './TryIt'

/** Who can answer here: their cards, a form to try one, and what they are doing for this user. */
export default function AgentsView({ name }: { name?: string }) {
  const known = useQuery({ queryKey: ['agents'], queryFn: agents })
  const chosen = name ?? known.data?.default
  return (
    <main className="panel">
      <h1>Agents</h1>
      <div className="cards">
        {known.data?.agents.map((agent) => (
          <Link key={agent.name} href={`/agents/${encodeURIComponent(agent.name)}`} className="card agent-card" aria-current={agent.name === chosen ? 'true' : undefined}>
            <strong>{agent.name}</strong>
            {agent.name === known.data.default && <small className="label">default</small>}
            <p>{agent.description}</p>
          </Link>
        ))}
      </div>
      {known.isError && <p role="alert">{known.error.message}</p>}
      {chosen && <One key={chosen} name={chosen} />}
    </main>
  )
}

function One({ name }: { name: string }) {
  const about = useQuery({ queryKey: ['card', name], queryFn: () => card(name) })
  const its = about.data
  return (
    <>
      <section aria-label={`The card of ${name}`}>
        <h2>{its?.name ?? name}</h2>
        {about.isError && <p role="alert">{about.error.message}</p>}
        {its && (
          <dl className="facts">
            <dt>Version</dt>
            <dd>{its.version}</dd>
            <dt>Speaks</dt>
            <dd>
              {its.supportedInterfaces?.map((each) => (
                <code key={each.url + each.protocolBinding}>{each.protocolBinding} </code>
              ))}
            </dd>
            <dt>At</dt>
            <dd>
              <code>{its.supportedInterfaces?.[0]?.url}</code>
            </dd>
            <dt>Can</dt>
            <dd>{[its.capabilities?.streaming && 'stream', its.capabilities?.pushNotifications && 'push', its.signatures?.length && 'prove its card'].filter(Boolean).join(', ')}</dd>
            <dt>Takes</dt>
            <dd>{its.defaultInputModes?.join(', ')}</dd>
            {its.skills?.map((skill) => [
              <dt key={skill.id}>{skill.name}</dt>,
              <dd key={skill.id + ' about'}>{skill.description}</dd>,
            ])}
          </dl>
        )}
      </section>
      <TryIt agent={name} />
      <Tasks agent={name} />
    </>
  )
}
