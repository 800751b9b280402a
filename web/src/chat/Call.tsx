import { memo } from 'react'
import type { ToolResult } from '../api/types'
import { Icon } from '../frame/Icon'
import { Code } from '../text/Code'
import { callsOf, marksOf, textOf, type Item } from './conversation'

const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2))

/** A tool that the agent calls: its arguments while they come, and what came of it. */
export const Call = memo(({ item, results, over }: { item: Item; results: readonly ToolResult[]; over: boolean }) => {
  const waits = marksOf(item.metadata).waits
  const calls = waits ? [waits] : callsOf(item.parts)
  if (calls.length === 0) {
    return (
      <details className="step">
        <summary>
          <Icon name="tool" size={16} /> Preparing a call…
        </summary>
        <Code language="json" text={textOf(item.parts)} />
      </details>
    )
  }
  return (
    <>
      {calls.map((call) => {
        const result = results.find((each) => each.id === call.id)
        const state = result ? (result.error === undefined ? 'done' : 'failed') : over ? 'no result' : waits ? 'waits' : 'running'
        return (
          <details className="step" key={call.id}>
            <summary>
              <Icon name="tool" size={16} /> <code>{call.name}</code> <span className={`state ${state.replace(' ', '-')}`}>{state}</span>
            </summary>
            <Code language="json" text={JSON.stringify(call.arguments, null, 2)} />
            {result && <Code language={typeof result.result === 'string' || result.error !== undefined ? 'text' : 'json'} text={shown(result.error ?? result.result)} />}
          </details>
        )
      })}
    </>
  )
})
