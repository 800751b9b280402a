import { Icon } from '../frame/Icon'
import { asks, type TaskTurn } from './conversation'
import { Question } from './Question'

/** How a task stands, below what was said in it: at work, waiting for its user, or ended otherwise than well. */
export function Tail({ chat, task, last, retry, failed }: { chat: string; task: TaskTurn; last: boolean; retry: () => void; failed: (problem: unknown) => void }) {
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
            <p>{task.note || 'It did not say why; the server’s log may.'}</p>
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
