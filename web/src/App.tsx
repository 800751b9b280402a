import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect } from 'react'
import { logOut, session } from './api/chats'
import { strangers } from './api/http'
import { ChatView } from './chat/ChatView'
import { NewChat } from './chat/NewChat'
import { Icon, type IconName } from './frame/Icon'
import { nextTheme } from './frame/theme'
import { ChatList } from './list/ChatList'
import { Link, useRoute, type Route } from './route'
import { Login } from './session/Login'

const AgentsView = lazy(() => import('./agents/AgentsView'))
const InsideView = lazy(() => import('./inside/InsideView'))

export function App() {
  const queries = useQueryClient()
  const who = useQuery({ queryKey: ['session'], queryFn: session, staleTime: Infinity, retry: true })
  useEffect(() => {
    const asked = () => void queries.invalidateQueries({ queryKey: ['session'] })
    strangers.addEventListener('stranger', asked)
    return () => strangers.removeEventListener('stranger', asked)
  }, [queries])
  const route = useRoute()
  const closeList = () => document.body.classList.remove('list-open')
  useEffect(closeList, [route])

  if (!who.data) return <p className="first muted">{who.failureCount > 0 ? 'The server cannot be reached; trying again…' : ''}</p>
  if (who.data.owner === undefined) {
    return <Login session={who.data} done={(now) => queries.setQueryData(['session'], now)} />
  }
  return (
    <div className={`frame view-${route.view}`}>
      <a className="skip" href="#view">
        To the content
      </a>
      <aside className="rail">
        <Tab href="/" icon="chat" name="Chats" here={route.view === 'chat'} />
        <Tab href="/agents" icon="agents" name="Agents" here={route.view === 'agents'} />
        <Tab href="/inside" icon="inside" name="Inside" here={route.view === 'inside'} />
        <span className="grow" />
        <button type="button" className="quiet" aria-label="Light or dark" title="Light or dark" onClick={nextTheme}>
          <Icon name="light" />
        </button>
        {who.data.asks && (
          <button type="button" className="quiet" aria-label={`Leave (${who.data.owner})`} title={`Leave (${who.data.owner})`} onClick={() => void logOut().then(() => location.assign('/'))}>
            <Icon name="leave" />
          </button>
        )}
      </aside>
      {route.view === 'chat' && <ChatList open={route.id} />}
      {route.view === 'chat' && <div className="shade" onClick={closeList} />}
      <div id="view" className="view" tabIndex={-1}>
        <Suspense>
          <View route={route} />
        </Suspense>
      </div>
    </div>
  )
}

function View({ route }: { route: Route }) {
  switch (route.view) {
    case 'agents':
      return <AgentsView name={route.name} />
    case 'inside':
      return <InsideView />
    default:
      return route.id ? <ChatView key={route.id} id={route.id} /> : <NewChat />
  }
}

function Tab({ href, icon, name, here }: { href: string; icon: IconName; name: string; here: boolean }) {
  return (
    <Link href={href} className="tab" aria-current={here ? 'page' : undefined}>
      <Icon name={icon} size={20} />
      <span>{name}</span>
    </Link>
  )
}
