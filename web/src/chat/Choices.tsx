import { useQuery } from '@tanstack/react-query'
import { models } from '../api/chats'
import type { Choice } from '../api/types'

const EFFORTS = ['low', 'medium', 'high']

/** Which of an agent's models answers, and how much it thinks. Nothing to choose is not shown. */
export function Choices({ agent, choice, choose }: { agent: string; choice: Choice; choose: (choice: Choice) => void }) {
  const known = useQuery({ queryKey: ['models'], queryFn: models, staleTime: 60_000 })
  const own = known.data?.models.filter((model) => model.agent === agent) ?? []
  if (own.length === 0) return null
  const chosen = own.find((model) => model.id === choice.model) ?? own.find((model) => model.default) ?? own[0]!
  return (
    <>
      <select aria-label="Model" value={chosen.id} onChange={(event) => choose({ ...choice, model: event.target.value })}>
        {own.map((model) => (
          <option key={model.id} value={model.id}>
            {model.id}
          </option>
        ))}
      </select>
      {(chosen.effort || chosen.maxEffort) && (
        <select aria-label="Effort" value={choice.effort ?? chosen.effort ?? 'medium'} onChange={(event) => choose({ ...choice, effort: event.target.value })}>
          {EFFORTS.map((effort) => (
            <option key={effort}>{effort}</option>
          ))}
        </select>
      )}
    </>
  )
}
