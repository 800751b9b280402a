import { useState } from 'react'
import { announce } from './announce'
import { Icon } from './Icon'

/** Copies a text, and says so for a moment. */
export function CopyButton({ text, label, shown }: { text: string; label: string; shown?: string }) {
  const [done, setDone] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setDone(true)
    announce('Copied')
    setTimeout(() => setDone(false), 1500)
  }
  return (
    <button type="button" className="quiet" onClick={() => void copy()} aria-label={label} title={label}>
      <Icon name={done ? 'check' : 'copy'} />
      {shown && <span>{shown}</span>}
    </button>
  )
}
