import { useQuery } from '@tanstack/react-query'
import { getTask } from '../agents/a2a'
import { Icon } from '../frame/Icon'
import { asks, textOf, type TaskTurn } from './conversation'
import { Question } from './Question'

/** How a task stands, below what was said in it: at work, waiting for its user, or ended otherwise than well. */
export function Tail({ chat, agent, task, last, retry, failed }: { chat: string; agent: string; task: TaskTurn; last: boolean; retry: () => void; failed: (problem: unknown) => void }) {
  if (asks(task)) return <Question key={task.items.length} chat={chat} task={task} failed={failed} />
  switch (task.state) {
    case 'TASK_STATE_SUBMITTED':
    case 'TASK_STATE_WORKING':
      return (
        <p className="working" role="status">
          <span className="ripple" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {task.recovering ? `Its server was lost; another one goes on (attempt ${task.attempt})` : task.note}
          {!task.recovering && !task.note && <span className="unseen">The agent is at work</span>}
        </p>
      )
    case 'TASK_STATE_FAILED':
    case 'TASK_STATE_REJECTED':
      return (
        <div className="card error" role="alert">
          <Icon name="warn" />
          <div>
            <strong>{task.state === 'TASK_STATE_FAILED' ? 'The agent failed' : 'The agent refused this message'}</strong>
            <p>{task.note ?? <Why agent={agent} task={task.id} />}</p>
            {last && <p className="muted">Try once more, edit your message, or send another one.</p>}
          </div>
          {last && (
            <button type="button" onClick={retry}>
              <Icon name="retry" size={16} /> Try again
            </button>
          )}
        </div>
      )
    case 'TASK_STATE_CANCELED':
      return (
        <p className="stopped">
          Stopped.{' '}
          {last && (
            <button type="button" className="link" onClick={retry}>
              Try again
            </button>
          )}
        </p>
      )
    default:
      return task.note ? <p className="muted">{task.note}</p> : null
  }
}

/** A page of messages has no reasons: they are no part of the conversation. The task has them. */
function Why({ agent, task }: { agent: string; task: string }) {
  const asked = useQuery({ queryKey: ['why', task], queryFn: () => getTask(agent, task), enabled: agent !== '', staleTime: Infinity })
  if (asked.isPending) return null
  return textOf(asked.data?.status.message?.parts ?? []) || 'It did not say why; the server’s log may.'
}
