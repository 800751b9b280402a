import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { agents, beginChat } from '../api/chats'
import { Problem } from '../api/http'
import type { Choice, Part } from '../api/types'
import { Icon } from '../frame/Icon'
import { changed } from '../list/shelf'
import { chatPath, go } from '../route'
import { Choices } from './Choices'
import { Composer } from './Composer'

/** Where a chat begins. */
export function NewChat() {
  const known = useQuery({ queryKey: ['agents'], queryFn: agents, staleTime: 60_000 })
  const [agent, setAgent] = useState<string>()
  const [choice, setChoice] = useState<Choice>({})
  const [complaint, setComplaint] = useState<string>()
  const name = agent ?? known.data?.default ?? ''
  const about = known.data?.agents.find((each) => each.name === name)
  const begin = async (parts: Part[]) => {
    try {
      setComplaint(undefined)
      const begun = await beginChat({ messageId: crypto.randomUUID(), parts }, agent, choice)
      changed(begun.chat)
      go(chatPath(begun.chat.id))
    } catch (problem) {
      setComplaint(problem instanceof Problem ? problem.detail || problem.title : String(problem))
      throw problem
    }
  }
  return (
    <main className="chat new">
      <header className="chat-head only-small">
        <button type="button" className="quiet" aria-label="All chats" onClick={() => document.body.classList.toggle('list-open')}>
          <Icon name="menu" />
        </button>
      </header>
      <div className="column welcome">
        <h1>What shall we do?</h1>
        <p className="muted">{about && about.description !== about.name ? about.description : ' '}</p>
        {complaint && (
          <p className="card error slim" role="alert">
            {complaint}
          </p>
        )}
        <Composer draft="new" busy={false} placeholder={`Message ${name}`} send={begin}>
          {(known.data?.agents.length ?? 0) > 1 && (
            <select aria-label="Agent" value={name} onChange={(event) => { setAgent(event.target.value); setChoice({}) }}>
              {known.data?.agents.map((each) => (
                <option key={each.name}>{each.name}</option>
              ))}
            </select>
          )}
          <Choices agent={name} choice={choice} choose={setChoice} />
        </Composer>
      </div>
    </main>
  )
}
