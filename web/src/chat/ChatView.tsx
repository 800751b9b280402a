import { useEffect, useMemo, useRef, useState } from 'react'
import { answer, editMessage, fork, getChat, interrupt, patchChat, retry, send, type Draft } from '../api/chats'
import { Problem } from '../api/http'
import type { Chat, Choice, Part } from '../api/types'
import { announce } from '../frame/announce'
import { Icon } from '../frame/Icon'
import { changed, useShelved } from '../list/shelf'
import { chatPath, go } from '../route'
import { ChatHead } from './ChatHead'
import { Choices } from './Choices'
import { Composer } from './Composer'
import { asks, callsOf, ended, queueOf, running, textOf, type Item } from './conversation'
import { Messages } from './Messages'
import { Queue } from './Queue'
import type { Doing } from './Said'
import { useChat } from './useChat'

/** One chat: its head, what was said, what waits, and where the next message is written. */
export function ChatView({ id }: { id: string }) {
  const [live, view] = useChat(id)
  const [complaint, setComplaint] = useState<string>()
  const [sending, setSending] = useState<Draft>()
  const [choice, setChoice] = useState<Choice>({})
  const chat = useShelved(id, getChat)
  const { conversation } = view
  const now = running(conversation)
  const queue = useMemo(() => queueOf(conversation), [conversation])
  const done = useMemo(() => conversation.tasks.filter(ended).length, [conversation])

  const failed = (problem: unknown) => setComplaint(problem instanceof Problem ? problem.detail || problem.title : String(problem))
  const act = <T,>(promise: Promise<T>) => {
    setComplaint(undefined)
    return promise.catch((problem) => {
      failed(problem)
      throw problem
    })
  }
  const quietly = <T,>(promise: Promise<T>) => void act(promise).catch(() => {})

  const doing = useRef<Doing>({ edit: async () => {}, fork: () => {} })
  doing.current.edit = (item: Item, text: string) => act(editMessage(id, item.messageId, [{ text }, ...item.parts.filter((part) => part.text === undefined)])).then(() => {}, () => {})
  doing.current.fork = (item: Item) => quietly(fork(id, item.messageId).then((made) => go(chatPath(made.id))))

  const post = async (parts: Part[], interrupting: boolean) => {
    const message: Draft = { messageId: crypto.randomUUID(), parts }
    const question = now && asks(now) && callsOf(now.items.findLast((item) => item.kind === 'question')?.parts ?? []).length === 0 ? now : undefined
    setSending(message)
    try {
      await act(question ? answer(id, question.id, message) : send(id, message, choice, interrupting))
    } finally {
      setSending(undefined)
    }
  }

  useReadMark(chat, view.link === 'live', conversation.offset)
  useSpokenEnd(now?.state, conversation.tasks.at(-1)?.items.findLast((item) => item.kind === 'answer'))

  if (view.problem) {
    const gone = view.problem.status === 404
    return (
      <main className="chat empty">
        <h1>{gone ? 'This chat is not there' : view.problem.title}</h1>
        <p>{gone ? 'It was deleted, or it is somebody else’s.' : view.problem.detail}</p>
        <button type="button" className="primary" onClick={() => go('/')}>
          A new chat
        </button>
      </main>
    )
  }
  const pending = sending && !conversation.tasks.some((task) => task.items.some((item) => item.messageId === sending.messageId))
  return (
    <main className="chat">
      <ChatHead chat={chat} id={id} link={view.link} ready={view.ready} failed={failed} ended={done} />
      <Messages key={id} chat={live} view={view} doing={doing.current} retry={() => quietly(retry(id))} failed={failed} />
      <div className="column foot">
        {pending && !now && (
          <p className="sending muted" role="status">
            Sending: {textOf(sending.parts).slice(0, 80)}
          </p>
        )}
        {complaint && (
          <div className="card error slim" role="alert">
            <Icon name="warn" size={16} /> <span>{complaint}</span>
            <button type="button" className="quiet" aria-label="Dismiss" onClick={() => setComplaint(undefined)}>
              <Icon name="close" size={14} />
            </button>
          </div>
        )}
        <Queue chat={id} queue={queue} failed={failed} />
        <Composer
          key={id}
          draft={id}
          busy={now !== undefined && !asks(now)}
          disabled={chat?.archived}
          placeholder={chat?.archived ? 'Archived: take it out first' : now && asks(now) ? 'Your answer' : now ? 'Say more; it waits for its turn' : 'Message'}
          send={post}
          stop={now ? () => quietly(interrupt(id)) : undefined}
        >
          <Choices agent={chat?.agent ?? ''} choice={choice} choose={setChoice} />
        </Composer>
      </div>
    </main>
  )
}

/** Who has a chat open and looks at it has read it. */
function useReadMark(chat: Chat | undefined, live: boolean, offset: number) {
  const unread = chat?.unread ?? false
  useEffect(() => {
    if (!chat || !unread || !live || document.visibilityState !== 'visible') return
    const timer = setTimeout(() => {
      patchChat(chat.id, { readTo: Math.min(offset, chat.lastOffset) }).then(changed, () => {})
    }, 300)
    return () => clearTimeout(timer)
  }, [chat?.id, unread, live, offset])
}

/** Who listens is told once an answer is whole, and not word by word. */
function useSpokenEnd(state: string | undefined, item: Item | undefined) {
  const before = useRef(state)
  useEffect(() => {
    if (before.current && !state && item) announce(`Agent: ${textOf(item.parts).slice(0, 500)}`)
    before.current = state
  }, [state, item])
}
