import { useQuery, useQueryClient } from '@tanstack/react-query'
import { textOf } from '../chat/conversation'
import { ago } from '../list/ChatList'
import { chatPath, Link } from '../route'
import { cancelTask, listTasks } from './a2a'

const LIVE = ['TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING', 'TASK_STATE_INPUT_REQUIRED', 'TASK_STATE_AUTH_REQUIRED']

/** The newest tasks of an agent, asked for again every second while the page is looked at. */
export function Tasks({ agent }: { agent: string }) {
  const queries = useQueryClient()
  const tasks = useQuery({ queryKey: ['tasks', agent], queryFn: () => listTasks(agent), refetchInterval: 1000 })
  return (
    <section aria-label="Tasks">
      <h2>Tasks {tasks.data && <small className="muted">{tasks.data.totalSize}</small>}</h2>
      {tasks.isError && <p role="alert">{tasks.error.message}</p>}
      <div className="wide" tabIndex={0} role="region" aria-label="Tasks">
        <table className="tasks">
          <thead>
            <tr>
              <th>State</th>
              <th>Said</th>
              <th>Since</th>
              <th>
                <span className="unseen">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {tasks.data?.tasks.map((task) => {
              const state = task.status.state.replace('TASK_STATE_', '').toLowerCase().replace('_', ' ')
              return (
                <tr key={task.id}>
                  <td>
                    <span className={`state ${state.replace(' ', '-')}`}>{state}</span>
                  </td>
                  <td>
                    <Link href={chatPath(task.contextId)}>{textOf(task.history?.[0]?.parts ?? []).slice(0, 100) || task.id}</Link>
                    {state === 'failed' && <small className="bad"> {textOf(task.status.message?.parts ?? [])}</small>}
                  </td>
                  <td>{task.status.timestamp && ago(task.status.timestamp)}</td>
                  <td>
                    {LIVE.includes(task.status.state) && (
                      <button type="button" onClick={() => void cancelTask(agent, task.id).finally(() => queries.invalidateQueries({ queryKey: ['tasks', agent] }))}>
                        Cancel
                      </button>
                    )}
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      {tasks.data?.tasks.length === 0 && <p className="muted none">None yet: send it a message.</p>}
    </section>
  )
}
